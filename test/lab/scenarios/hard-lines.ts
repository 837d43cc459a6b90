import { milliseconds } from "../../../shared/protocol/units.ts";
import type { LineOptions } from "../../emulator/line-options.ts";
import { median, percentile } from "../../support/statistics.ts";
import type { HomeLine } from "../toolkit/home-network.ts";
import { goodputBetween } from "../toolkit/iperf.ts";
import { runPings } from "../toolkit/pings.ts";
import { withBench, withBundle } from "./bench.ts";
import { LINE_SETS, type LineSet } from "./line-sets.ts";
import { bundleCapacity, bundleFlow, bundleFlowAndPings, comparisons, usualWindow } from "./measurements.ts";
import {
  atLeast,
  atMost,
  beside,
  FLOW_KINDS,
  type FlowKind,
  type LabCase,
  type Reading,
  type Repetition,
  type Scenario,
} from "./scenario.ts";

const FAULTS: readonly { readonly name: string; readonly options: Partial<LineOptions> }[] = [
  { name: "1 % loss on line1", options: { loss: { kind: "random", probability: 0.01 } } },
  { name: "10 ms jitter on line1", options: { jitter: milliseconds(10) } },
];
const FAULTY_SHARE = 0.92;
const TOO_HIGH = 1.5;
const TOO_HIGH_SHARE = 0.85;
const IDLE_SECONDS = 3;

/** One TCP flow where a line loses or delays packets, and where the configured rates are wrong. */
export const HARD_LINES: Scenario = {
  number: "2",
  name: "hard-lines",
  title: "The same with loss or jitter on the first line, or with rates configured too high",
  cases: () => LINE_SETS.flatMap((set) => FLOW_KINDS.flatMap((kind) => casesOf(set, kind))),
};

function casesOf(set: LineSet, kind: FlowKind): LabCase[] {
  const choice = { set: set.number, ...kind };
  const name = (what: string): string => `${set.name}, ${what}: ${kind.control} ${kind.direction}`;
  return [
    ...FAULTS.map((fault) => ({
      name: name(fault.name),
      choice,
      measure: (repetition: Repetition) => measureFault(repetition, withFault(set.lines, fault.options), kind),
    })),
    {
      name: name("rates 50 % too high"),
      choice,
      measure: (repetition: Repetition) => measureTooHigh(repetition, set.lines, kind),
    },
  ];
}

async function measureFault(repetition: Repetition, lines: readonly HomeLine[], kind: FlowKind): Promise<Reading[]> {
  return await withBench(repetition, lines, async (bench) => {
    const others = await comparisons(repetition, bench, kind, { isWithAlone: false });
    return await withBundle(bench, {}, async (tunnel) => {
      const rate = goodputBetween(await bundleFlow(bench, kind), ...usualWindow(bench.options));
      const capacity = await bundleCapacity(bench, tunnel, kind);
      return [atLeast(FAULTY_SHARE, "share", "share", rate / capacity), ...others];
    });
  });
}

async function measureTooHigh(
  repetition: Repetition,
  lines: readonly HomeLine[],
  kind: FlowKind,
): Promise<Reading[]> {
  return await withBench(repetition, lines, (bench) =>
    withBundle(bench, { rates: TOO_HIGH }, async (tunnel) => {
      const idle = median(await runPings(bench.lab, bench.network.home, IDLE_SECONDS));
      const { flow, pings } = await bundleFlowAndPings(bench, kind);
      const capacity = await bundleCapacity(bench, tunnel, kind);
      const rate = goodputBetween(flow, ...usualWindow(bench.options));
      return [
        atLeast(TOO_HIGH_SHARE, "share", "share", rate / capacity),
        atMost(1.5 * idle + 30, "loaded ping, p95", "ms", percentile(pings, 0.95)),
        beside("idle ping", "ms", idle),
        beside("loaded ping, p50", "ms", median(pings)),
      ];
    }),
  );
}

const withFault = (lines: readonly HomeLine[], fault: Partial<LineOptions>): HomeLine[] =>
  lines.map((line, index) =>
    index === 0 ? { ...line, down: { ...line.down, ...fault }, up: { ...line.up, ...fault } } : line,
  );
