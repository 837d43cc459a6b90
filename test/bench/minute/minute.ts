import { setTimeout as pause } from "node:timers/promises";
import { goodputBetween, runFlow } from "../../lab/toolkit/iperf.ts";
import { Lab } from "../../lab/toolkit/lab.ts";
import type { DaemonSettings } from "../../lab/toolkit/option-values.ts";
import { residentBytes } from "../../lab/toolkit/resident-bytes.ts";
import { textTable } from "../../support/text-table.ts";

import { buildBenchNetwork, LINKS } from "../network.ts";
import type { Claim } from "../results/claims.ts";
import { type HawserPair, startHawser, TUNNEL_ADDRESS } from "../subjects/hawser.ts";
import { busiestThread, type GarbagePause, garbagePauses } from "./garbage.ts";

const ROLES = ["client", "server"] as const;
// Code is compiled and arenas are touched for the first time.
const WARM_UP_SECONDS = 10;
const MOST_PAUSE_MS = 10;
const MOST_GROWTH = 1.05;
const HEADINGS = [
  ...["end", "Gbit/s", "scavenges", "longest", "major collections", "longest", "RSS after warm-up", "at the end"],
] as const;

/** What a daemon did while it carried one flow at full speed: its data plane's collections, and its memory in bytes. */
export type Endurance = {
  readonly role: (typeof ROLES)[number];
  readonly bitsPerSecond: number;
  readonly pauses: readonly GarbagePause[];
  readonly memoryBefore: number;
  readonly memoryAfter: number;
};

/** Runs one TCP flow towards the client for so long after a warm-up, and watches both daemons. */
export async function measureEndurance(settings: DaemonSettings, seconds: number): Promise<Endurance[]> {
  const lab = await Lab.create();
  try {
    const network = await buildBenchNetwork(lab);
    const pair = await startHawser(network, LINKS, settings, ["--trace-gc"]);
    const until = WARM_UP_SECONDS + seconds;
    const { client: home, server: web } = network;
    const flow = {
      home,
      web,
      address: TUNNEL_ADDRESS,
      direction: "down",
      control: "cubic",
      keepsRoutes: true,
    } as const;
    const [result, before] = await Promise.all([runFlow(lab, { ...flow, seconds: until }), warm(pair)]);
    const bitsPerSecond = goodputBetween(result, WARM_UP_SECONDS, until) * 8;
    return ROLES.map((role, index) => ({
      role,
      bitsPerSecond,
      pauses: busiestThread(garbagePauses(pair[role].process.lines.slice(before[index]?.lines ?? 0))),
      memoryBefore: before[index]?.memory ?? Number.NaN,
      memoryAfter: residentBytes(pair[role].process.pid),
    }));
  } finally {
    await lab.close();
  }
}

/** The table of what both daemons did. */
export function enduranceTable(ends: readonly Endurance[], isMarkdown: boolean): string {
  const rows = ends.map(({ role, bitsPerSecond, pauses, memoryBefore, memoryAfter }) => [
    role,
    (bitsPerSecond / 1e9).toFixed(2),
    ...pauseCells(pauses.filter(({ isMajor }) => !isMajor)),
    ...pauseCells(pauses.filter(({ isMajor }) => isMajor)),
    inMebibytes(memoryBefore),
    inMebibytes(memoryAfter),
  ]);
  return textTable(HEADINGS, rows, isMarkdown);
}

/** What is claimed of a minute at full speed, with what was seen. */
export function enduranceClaims(ends: readonly Endurance[]): Claim[] {
  return ends.flatMap(({ role, pauses, memoryBefore, memoryAfter }) => {
    const longest = longestOf(pauses.filter(({ isMajor }) => isMajor));
    const growth = memoryAfter / memoryBefore;
    return [
      {
        number: "7",
        text: `minute: longest major collection of the ${role}`,
        wanted: `at most ${MOST_PAUSE_MS} ms`,
        measured: `${longest.toFixed(1)} ms`,
        isReached: longest <= MOST_PAUSE_MS,
      },
      {
        number: "7",
        text: `minute: memory of the ${role} at the end to that after the warm-up`,
        wanted: `at most ${MOST_GROWTH} ×`,
        measured: `${growth.toFixed(2)} ×`,
        isReached: growth <= MOST_GROWTH,
      },
    ];
  });
}

async function warm(pair: HawserPair): Promise<{ readonly memory: number; readonly lines: number }[]> {
  await pause(WARM_UP_SECONDS * 1000);
  return ROLES.map((role) => {
    const { pid, lines } = pair[role].process;
    return { memory: residentBytes(pid), lines: lines.length };
  });
}

const longestOf = (pauses: readonly GarbagePause[]): number =>
  Math.max(0, ...pauses.map(({ milliseconds }) => milliseconds));

const pauseCells = (pauses: readonly GarbagePause[]): string[] => [
  String(pauses.length),
  `${longestOf(pauses).toFixed(1)} ms`,
];

const inMebibytes = (bytes: number): string => `${(bytes / (1 << 20)).toFixed(0)} MiB`;
