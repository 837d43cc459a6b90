import { median, percentile } from "../../support/statistics.ts";
import type { Direction } from "../relay/messages.ts";
import { uplinkAddress } from "../toolkit/home-network.ts";
import { type Control, runFlow } from "../toolkit/iperf.ts";
import { pingsBetween, runPings } from "../toolkit/pings.ts";
import { withBareLines } from "./baselines.ts";
import { type Bench, runTracedFlow, withBench, withBundle } from "./bench.ts";
import { LINE_SETS, type LineSet } from "./line-sets.ts";
import { usualWindow } from "./measurements.ts";
import { atMost, beside, type Reading, type Repetition, type Scenario } from "./scenario.ts";

type Load = { readonly name: string; readonly control: Control; readonly directions: readonly Direction[] };

const LOADS: readonly Load[] = [
  { name: "cubic down", control: "cubic", directions: ["down"] },
  { name: "bbr down", control: "bbr", directions: ["down"] },
  { name: "cubic both ways", control: "cubic", directions: ["down", "up"] },
];
const ALLOWED_MS = 15;
const IDLE_SECONDS = 5;

/** Pings through the tunnel, while it is idle and while TCP fills it. */
export const LATENCY: Scenario = {
  number: "4",
  name: "latency",
  title: "Ping through the idle and the loaded tunnel, against the round trip of the best idle line",
  cases: () =>
    LINE_SETS.flatMap((set) =>
      LOADS.map((load) => ({
        name: `${set.name}: ${load.name}`,
        choice: { set: set.number, control: load.control },
        measure: (repetition) => measure(repetition, set, load),
      })),
    ),
};

async function measure(repetition: Repetition, { lines }: LineSet, load: Load): Promise<Reading[]> {
  return await withBench(repetition, lines, async (bench) => {
    const { best, others } = await withBareLines(bench, () => measureBare(repetition, bench, load));
    return await withBundle(bench, {}, async () => {
      const idle = await runPings(bench.lab, bench.network.home, IDLE_SECONDS);
      const loaded = await loadedPings(bench, load);
      return [
        atMost(best + ALLOWED_MS, "idle ping, p95", "ms", percentile(idle, 0.95)),
        atMost(best + ALLOWED_MS, "loaded ping, p95", "ms", percentile(loaded, 0.95)),
        beside("best line idle", "ms", best),
        beside("idle ping, p50", "ms", median(idle)),
        beside("loaded ping, p50", "ms", median(loaded)),
        ...others,
      ];
    });
  });
}

async function loadedPings(bench: Bench, { control, directions }: Load): Promise<number[]> {
  const [from, to] = usualWindow(bench.options);
  const [times] = await Promise.all([
    runPings(bench.lab, bench.network.home, to),
    ...directions.map((direction) => runTracedFlow(bench, { ...bench.network, control, direction, seconds: to })),
  ]);
  return pingsBetween(times, from, to);
}

type BareLines = { readonly best: number; readonly others: readonly Reading[] };

async function measureBare({ index, options }: Repetition, bench: Bench, load: Load): Promise<BareLines> {
  const { lab, lines, network } = bench;
  const { router: home, web } = network;
  const idle = await Promise.all(
    lines.map((_, line) => runPings(lab, home, IDLE_SECONDS, { bind: uplinkAddress(line) })),
  );
  const best = Math.min(...idle.map(median));
  if (!options.compares || index > 0) return { best, others: [] };
  const [from, to] = usualWindow(options);
  const multipath = { home, web, control: load.control, seconds: to, isMultipath: true };
  const [times] = await Promise.all([
    runPings(lab, home, to, { bind: uplinkAddress(0) }),
    ...load.directions.map((direction) => runFlow(lab, { ...multipath, direction })),
  ]);
  const p95 = percentile(pingsBetween(times, from, to), 0.95);
  return { best, others: [beside("line1 under MPTCP, p95", "ms", p95)] };
}
