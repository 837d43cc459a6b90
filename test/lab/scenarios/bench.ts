import { copyFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { statusText } from "../../../shared/observe/status-view.ts";
import { type Bytes, bytes } from "../../../shared/protocol/units.ts";
import type { Daemon } from "../toolkit/daemon.ts";
import { buildHomeNetwork, type HomeLine, type HomeNetwork } from "../toolkit/home-network.ts";
import { type Flow, type FlowResult, startFlow } from "../toolkit/iperf.ts";
import { Lab } from "../toolkit/lab.ts";
import { prepareTunnel, startTunnel, type Tunnel, type TunnelOptions } from "../toolkit/tunnel.ts";
import { startTrace } from "./flow-trace.ts";
import type { LabOptions } from "./options.ts";
import type { Repetition } from "./scenario.ts";

const SEEDS_PER_REPETITION = 100;

/** A lab with a home's network on it, for one measurement. */
export type Bench = {
  readonly lab: Lab;
  readonly network: HomeNetwork;
  readonly lines: readonly HomeLine[];
  readonly options: LabOptions;
};

/** Builds a network for one measurement and removes it after. Each repetition loses other packets, the same every time. */
export async function withBench<T>(
  { index, options }: Repetition,
  lines: readonly HomeLine[],
  measure: (bench: Bench) => Promise<T>,
): Promise<T> {
  const lab = await Lab.create();
  try {
    const network = await buildHomeNetwork(lab, lines, 1 + index * SEEDS_PER_REPETITION);
    return await measure({ lab, network, lines, options });
  } finally {
    await lab.close();
  }
}

/** What differs from the usual in the client's file, but for what the command line sets. */
export type BundleOptions = Pick<TunnelOptions, "links" | "client" | "rates">;

/** Starts both daemons, and when all links are up measures through them. */
export async function withBundle<T>(
  bench: Bench,
  { links = {}, client = {}, rates = 1 }: BundleOptions,
  measure: (tunnel: Tunnel) => Promise<T>,
): Promise<T> {
  const { lab, network, lines, options } = bench;
  const { settings } = options;
  const tunnel = await prepareTunnel(lab, network, lines, {
    client: { ...client, ...settings.client },
    server: settings.server,
    rates,
    links: Object.fromEntries(lines.map(({ name }) => [name, { ...links[name], ...settings.link }])),
  });
  try {
    await startTunnel(tunnel, lines.length);
    return await measure(tunnel);
  } finally {
    if (options.keepsLogs) await keepLogs(tunnel);
  }
}

/** The MTU that the tunnel has now. Throws when the client has no bundle. */
export async function tunnelMtu({ client }: Tunnel): Promise<Bytes> {
  const [bundle] = (await client.status()).bundles;
  if (bundle === undefined) throw new Error("the client has no bundle");
  return bytes(bundle.mtu);
}

/** Runs a flow, telling what its sender does when the command line asks for that. */
export async function runTracedFlow({ lab, options }: Bench, flow: Flow): Promise<FlowResult> {
  const { sender, port, result } = await startFlow(lab, flow);
  if (!options.showsTrace) return await result;
  const trace = startTrace(lab, sender, port);
  try {
    return await result;
  } finally {
    await trace.stop();
  }
}

async function keepLogs({ client, server }: Tunnel): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "hawser-lab-logs-"));
  for (const daemon of [client, server]) await keepLogsOf(daemon, directory);
  console.error(`Kept in ${directory}`);
}

async function keepLogsOf(daemon: Daemon, directory: string): Promise<void> {
  const name = basename(daemon.file, ".conf");
  copyFileSync(daemon.file, join(directory, `${name}.conf`));
  writeFileSync(join(directory, `${name}.log`), `${daemon.process.output}\n`);
  try {
    const status = await daemon.status();
    writeFileSync(join(directory, `${name}-status.json`), JSON.stringify(status, undefined, 2));
    console.error(statusText(status));
  } catch (error) {
    console.error(`${name}: no status: ${error instanceof Error ? error.message : error}`);
  }
}
