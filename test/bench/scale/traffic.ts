import { setTimeout as pause } from "node:timers/promises";
import { number, object } from "valibot";
import { watchCpu } from "../../lab/toolkit/cpu.ts";
import type { Conversation } from "../cases/conversation.ts";
import { ANSWER, type Order, PACKET_SIZE, type Spread } from "./client-messages.ts";

const UDP_AND_IP_HEADERS = 28;
const SERVER_ADDRESS = "10.44.43.1";
const DRAIN_MS = 200;
const SLACK_MS = 15_000;
const SINK_REPORT = object({ received: number() });

/** The port of the server's host that takes what the clients send. */
export const SINK_PORT = 7000;

/** From the clients to the server's host, or to the clients. */
export type Direction = "up" | "down";

/** What came of a load. Shares are of what was sent, and of a core. */
export type Load = {
  readonly packetsPerSecond: number;
  readonly sentPerSecond: number;
  readonly lossShare: number;
  readonly serverShare: number;
  readonly clientsShare: number;
  /** The server's processor time, less what it takes idle. */
  readonly microsecondsPerPacket: number;
};

/** Who takes part in a load: the server, and the processes that speak with the benchmark. */
export type Parties = {
  readonly serverPid: number;
  readonly virtual: Conversation;
  readonly sink: Conversation;
  readonly source: Conversation;
  readonly addresses: readonly string[];
  readonly idleShare: number;
};

/** Sends packets of 1400 bytes from all clients, or to all of them, in turn for so long. */
export async function offer(
  parties: Parties,
  direction: Direction,
  packetsPerSecond: number,
  seconds: number,
): Promise<Load> {
  const { serverPid, virtual, idleShare } = parties;
  const before = await countReceived(parties, direction);
  const [server, clients] = [watchCpu([serverPid]), watchCpu([virtual.process.pid])];
  const sent = await send(parties, direction, packetsPerSecond, seconds);
  const [serverSeconds, clientsSeconds] = [server(), clients()];
  const received = (await countDrained(parties, direction)) - before;
  return {
    packetsPerSecond: received / seconds,
    sentPerSecond: sent / seconds,
    lossShare: sent === 0 ? 1 : Math.max(0, 1 - received / sent),
    serverShare: serverSeconds / seconds,
    clientsShare: clientsSeconds / seconds,
    microsecondsPerPacket: ((serverSeconds - idleShare * seconds) * 1e6) / received,
  };
}

async function send(parties: Parties, direction: Direction, packetsPerSecond: number, seconds: number) {
  const { virtual, source, addresses } = parties;
  const within = seconds * 1000 + SLACK_MS;
  const load = { port: SINK_PORT, packetsPerSecond, seconds };
  if (direction === "up") {
    const order: Order = { kind: "send", destination: SERVER_ADDRESS, ...load };
    return (await virtual.ask(order, ANSWER, within)).count;
  }
  const spread: Spread = { addresses: [...addresses], payload: PACKET_SIZE - UDP_AND_IP_HEADERS, ...load };
  return (await source.ask(spread, ANSWER, within)).count;
}

// What a receiver that waits for a processor has not taken yet is not lost.
async function countDrained(parties: Parties, direction: Direction): Promise<number> {
  for (let before = -1; ; ) {
    await pause(DRAIN_MS);
    const received = await countReceived(parties, direction);
    if (received === before) return received;
    before = received;
  }
}

async function countReceived({ sink, virtual }: Parties, direction: Direction): Promise<number> {
  if (direction === "up") return (await sink.ask("how many?", SINK_REPORT, SLACK_MS)).received;
  return (await virtual.ask({ kind: "count" }, ANSWER, SLACK_MS)).count;
}
