import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { fillTemplate, type Sections } from "../../lab/toolkit/config-template.ts";
import { watchCpu } from "../../lab/toolkit/cpu.ts";
import { Daemon } from "../../lab/toolkit/daemon.ts";
import { uplinkGateway } from "../../lab/toolkit/home-network.ts";
import { Lab } from "../../lab/toolkit/lab.ts";
import type { DaemonSettings } from "../../lab/toolkit/option-values.ts";
import { residentBytes } from "../../lab/toolkit/resident-bytes.ts";
import { Conversation } from "../cases/conversation.ts";
import { type BenchNetwork, buildBenchNetwork, LINKS } from "../network.ts";
import { CONNECTED, clientName, type Order } from "./client-messages.ts";
import { measureSpeed, type Speed } from "./speed.ts";
import { SINK_PORT } from "./traffic.ts";

const SERVER_NETWORK = "10.44.43.1/16";
const SERVER_PORT = 5080;
const CONNECT_MS = 90_000;
// Until then the last paths' MTUs are found, and what connecting left behind is done.
const SETTLE_MS = 8000;

/** How many clients a server is measured with, one number after another, and how many links each of them has. */
export type ScaleCounts = { readonly clients: readonly number[]; readonly links: number };

/** What one server does with so many clients. Memory is in bytes, idle time in shares of a core. */
export type ScaleResult = {
  readonly clients: number;
  /** Before any client has sent a packet, and after all have sent and received. */
  readonly idleMemory: number;
  readonly activeMemory: number;
  readonly idleShare: number;
  /** How long all clients took to connect, in seconds. */
  readonly connectSeconds: number;
  readonly speeds: readonly Speed[];
};

/** Measures a server with each of these numbers of virtual clients, for so long each. */
export async function measureScale(
  { clients, links }: ScaleCounts,
  settings: DaemonSettings,
  seconds: number,
): Promise<ScaleResult[]> {
  const results: ScaleResult[] = [];
  for (const count of clients) {
    const lab = await Lab.create();
    try {
      const result = await measure(await buildBenchNetwork(lab), { clients: count, links }, settings, seconds);
      console.error(`scale: ${count} clients are measured`);
      results.push(result);
    } finally {
      await lab.close();
    }
  }
  return results;
}

async function measure(
  network: BenchNetwork,
  { clients, links }: { readonly clients: number; readonly links: number },
  settings: DaemonSettings,
  seconds: number,
): Promise<ScaleResult> {
  const passwords = Array.from({ length: clients }, () => randomBytes(32).toString("base64"));
  const daemon = startServer(network, passwords, settings);
  await daemon.untilUp(0, CONNECT_MS);
  const others = await startOthers(network);
  const servers = Array.from({ length: links }, (_, index) => uplinkGateway(index % LINKS));
  // A run of datagrams goes to one of the server's workers, and one from a shared socket may be of several clients.
  const offload = settings.server["workers"] === undefined;
  const order: Order = { kind: "connect", passwords, servers, port: SERVER_PORT, offload };
  const dialledAt = performance.now();
  const { count: up, addresses } = await others.virtual.ask(order, CONNECTED, CONNECT_MS);
  const connectSeconds = (performance.now() - dialledAt) / 1000;
  if (up < clients * links) throw new Error(`only ${up} of ${clients * links} links came up`);
  await pause(SETTLE_MS);
  const { pid } = daemon.process;
  const idleShare = await idleShareOf(pid, seconds);
  const idleMemory = residentBytes(pid);
  const parties = { ...others, serverPid: pid, addresses, idleShare };
  const speeds = [await measureSpeed(parties, "up", seconds), await measureSpeed(parties, "down", seconds)];
  return { clients, idleMemory, activeMemory: residentBytes(pid), idleShare, connectSeconds, speeds };
}

/** Starts the clients, and what sends and takes their packets on the server's host. */
async function startOthers({ lab, client, server }: BenchNetwork) {
  const options = { hasChannel: true };
  const sink = lab.startProgram(server, "test/bench/tools/udp-sink.js", [String(SINK_PORT), "joined"], options);
  const source = lab.startProgram(server, "test/bench/scale/spread-source.js", [], options);
  const virtual = lab.startProgram(client, "test/bench/scale/program.js", [], options);
  for (const process of [sink, source, virtual]) await process.line(/^ready$/);
  return { sink: new Conversation(sink), source: new Conversation(source), virtual: new Conversation(virtual) };
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
