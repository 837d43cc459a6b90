import type { BundleStatus, StatusSnapshot } from "../../../shared/observe/status-snapshot.ts";
import type { DropReason } from "../../../shared/protocol/drop-reason.ts";
import { fillTemplate, type Settings } from "../../lab/toolkit/config-template.ts";
import { Daemon, newSecret } from "../../lab/toolkit/daemon.ts";
import { uplinkDevice, VPS_ADDRESS, WEB_ADDRESS } from "../../lab/toolkit/home-network.ts";
import type { DaemonSettings } from "../../lab/toolkit/option-values.ts";
import { waitUntil } from "../../lab/toolkit/wait.ts";
import { type BenchNetwork, LINKS } from "../network.ts";
import type { Losses } from "../results/measurement.ts";
import type { Carrier, Subject } from "./subject.ts";

/** The server's address in the tunnel. */
export const TUNNEL_ADDRESS = "10.44.43.1";
// More than the machine can do, so that nothing is held back.
const RATE = "40 Gbit/s";
const MTU_MS = 5000;

// What came again, or what was counted as lost before it came.
const NO_LOSSES: readonly DropReason[] = ["replayed", "late-fragment"];

/** Our own daemons over the first `links` cables, with the files of conf/ but for these settings. */
export function hawser(links: number, settings: DaemonSettings): Subject {
  return {
    name: `hawser-${links}`,
    missing: () => (links <= LINKS ? undefined : `there are only ${LINKS} cables`),
    up: async (network) => await start(network, links, settings),
  };
}

type LossCounts = Pick<StatusSnapshot, "drops"> & {
  readonly bundles: readonly {
    readonly drops: BundleStatus["drops"];
    readonly reordering: Pick<BundleStatus["reordering"], "lostFragments" | "repairedFragments">;
  }[];
};

/** All packets that daemons know to have dropped or to have lost on the way to them, by reasons. */
export function lossesOf(ends: readonly LossCounts[]): Losses {
  const losses: Record<string, number> = {};
  const add = (counts: Losses): void => {
    for (const [name, count] of Object.entries(counts)) losses[name] = (losses[name] ?? 0) + count;
  };
  for (const { bundles, drops } of ends) {
    add(drops);
    for (const { reordering, drops: own } of bundles) {
      add({ "lost on links": reordering.lostFragments - reordering.repairedFragments });
      add(own);
    }
  }
  for (const reason of NO_LOSSES) delete losses[reason];
  return losses;
}

/** The two daemons, with their links up. */
export type HawserPair = { readonly client: Daemon; readonly server: Daemon; readonly mtu: number };

/** Starts both daemons over the first `links` cables, with these options for Node.js. */
export async function startHawser(
  { lab, ...network }: BenchNetwork,
  links: number,
  settings: DaemonSettings,
  nodeOptions: readonly string[] = [],
): Promise<HawserPair> {
  const password = await newSecret();
  const sections = Array.from({ length: links }, (_, index) => [`link${index + 1}`, link(index, settings.link)]);
  const serverConfig = fillTemplate("server", { password, ...settings.server }, {});
  const server = new Daemon(lab, network.server, "server", "server", serverConfig);
  const general = { password, remotehost: VPS_ADDRESS, default_route: true, ...settings.client };
  const config = fillTemplate("client", general, Object.fromEntries(sections));
  const client = new Daemon(lab, network.client, "client", "client", config);
  server.start(nodeOptions);
  client.start(nodeOptions);
  await Promise.all([client.untilUp(links), server.untilUp(links)]);
  await client.untilRouting(WEB_ADDRESS);
  const mtu = await waitUntil("the client knows the tunnel's MTU", MTU_MS, async () => {
    return ((await client.status()).bundles[0]?.mtu ?? 0) || undefined;
  });
  return { client, server, mtu };
}

async function start(network: BenchNetwork, links: number, settings: DaemonSettings): Promise<Carrier> {
  const { client, server, mtu } = await startHawser(network, links, settings);
  return {
    serverAddress: TUNNEL_ADDRESS,
    mtu,
    losses: async () => lossesOf([await client.status(), await server.status()]),
  };
}

const link = (index: number, settings: Settings): Settings => ({
  binddev: uplinkDevice(index),
  bandwidth_upload: RATE,
  bandwidth_download: RATE,
  ...settings,
});
