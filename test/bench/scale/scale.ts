import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { number, object } from "valibot";
import { fillTemplate, type Sections } from "../../lab/toolkit/config-template.ts";
import { watchCpu } from "../../lab/toolkit/cpu.ts";
import { Daemon } from "../../lab/toolkit/daemon.ts";
import { uplinkGateway } from "../../lab/toolkit/home-network.ts";
import { Lab } from "../../lab/toolkit/lab.ts";
import type { DaemonSettings } from "../../lab/toolkit/option-values.ts";
import { residentBytes } from "../../lab/toolkit/resident-bytes.ts";
import { Conversation } from "../cases/conversation.ts";
import { type BenchNetwork, buildBenchNetwork, LINKS } from "../network.ts";
import { ANSWER, clientName, type Order } from "./client-messages.ts";

const SERVER_NETWORK = "10.44.43.1/16";
const SERVER_ADDRESS = "10.44.43.1";
const SERVER_PORT = 5080;
const SINK_PORT = 7000;
const PACKETS_PER_SECOND = 20_000;
const CONNECT_MS = 90_000;
const SLACK_MS = 15_000;
// Until then the last paths' MTUs are found, and what connecting left behind is done.
const SETTLE_MS = 8000;
// Code is compiled meanwhile, which counts for more than what it does in its first seconds.
const WARM_UP_SECONDS = 5;
const DRAIN_MS = 300;
const SINK_REPORT = object({ received: number() });

/** What one server does with so many clients of two links each. Memory is in bytes, idle time in shares of a core. */
export type ScaleResult = {
  readonly clients: number;
  /** Before any client has sent a packet, and after all have. */
  readonly idleMemory: number;
  readonly activeMemory: number;
  readonly idleShare: number;
  /** With all clients sending in turn, 20,000 packets of 1400 bytes a second together. */
  readonly packetsPerSecond: number;
  readonly lossShare: number;
  readonly microsecondsPerPacket: number;
};

type Load = { readonly sent: number; readonly received: number };

/** Measures a server with each of these numbers of virtual clients, for so long each. */
export async function measureScale(
  counts: readonly number[],
  settings: DaemonSettings,
  seconds: number,
): Promise<ScaleResult[]> {
  const results: ScaleResult[] = [];
  for (const clients of counts) {
    const lab = await Lab.create();
    try {
      const result = await measure(await buildBenchNetwork(lab), clients, settings, seconds);
      console.error(`scale: ${clients} clients are measured`);
      results.push(result);
    } finally {
      await lab.close();
    }
  }
  return results;
}

async function measure(
  network: BenchNetwork,
  clients: number,
  settings: DaemonSettings,
  seconds: number,
): Promise<ScaleResult> {
  const { lab, client, server } = network;
  const passwords = Array.from({ length: clients }, () => randomBytes(32).toString("base64"));
  const daemon = startServer(network, passwords, settings);
  await daemon.untilUp(0, CONNECT_MS);
  const options = { hasChannel: true };
  const sink = new Conversation(
    lab.startProgram(server, "test/bench/tools/udp-sink.js", [String(SINK_PORT)], options),
  );
  const virtual = new Conversation(lab.startProgram(client, "test/bench/scale/program.js", [], options));
  for (const { process } of [sink, virtual]) await process.line(/^ready$/);
  const servers = Array.from({ length: LINKS }, (_, index) => uplinkGateway(index));
  // A run of datagrams goes to one of the server's workers, and one from a shared socket may be of several clients.
  const offload = settings.server["workers"] === undefined;
  const order: Order = { kind: "connect", passwords, servers, port: SERVER_PORT, offload };
  const { count: up } = await virtual.ask(order, ANSWER, CONNECT_MS);
  if (up < clients * LINKS) throw new Error(`only ${up} of ${clients * LINKS} links came up`);
  await pause(SETTLE_MS);
  const { pid } = daemon.process;
  const idleShare = await idleShareOf(pid, seconds);
  const idleMemory = residentBytes(pid);
  await load(virtual, sink, WARM_UP_SECONDS);
  const used = watchCpu([pid]);
  const { sent, received } = await load(virtual, sink, seconds);
  const loadSeconds = Math.max(0, used() - idleShare * seconds);
  return {
    clients,
    idleMemory,
    activeMemory: residentBytes(pid),
    idleShare,
    packetsPerSecond: received / seconds,
    lossShare: 1 - received / sent,
    microsecondsPerPacket: (loadSeconds * 1e6) / received,
  };
}

/** Lets all clients send for so long; how many packets they sent, and how many came to the sink. */
async function load(virtual: Conversation, sink: Conversation, seconds: number): Promise<Load> {
  const { received: before } = await sink.ask("how many?", SINK_REPORT, SLACK_MS);
  const order: Order = {
    kind: "send",
    destination: SERVER_ADDRESS,
    port: SINK_PORT,
    packetsPerSecond: PACKETS_PER_SECOND,
    seconds,
  };
  const { count: sent } = await virtual.ask(order, ANSWER, seconds * 1000 + SLACK_MS);
  await pause(DRAIN_MS);
  const { received } = await sink.ask("how many?", SINK_REPORT, SLACK_MS);
  return { sent, received: received - before };
}

async function idleShareOf(pid: number, seconds: number): Promise<number> {
  const used = watchCpu([pid]);
  await pause(seconds * 1000);
  return used() / seconds;
}

function startServer({ lab, server }: BenchNetwork, passwords: readonly string[], settings: DaemonSettings): Daemon {
  const sections: Sections = Object.fromEntries(
    passwords.map((password, index) => [`client ${clientName(index)}`, { password }]),
  );
  const config = fillTemplate("server", { ip4: SERVER_NETWORK, ...settings.server }, sections);
  const daemon = new Daemon(lab, server, "server", "server", config);
  daemon.start();
  return daemon;
}
