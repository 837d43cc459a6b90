import { goodputBetween } from "../toolkit/iperf.ts";
import { withBench, withBundle } from "./bench.ts";
import { LINE_SETS, type LineSet } from "./line-sets.ts";
import { bundleCapacity, bundleFlow, comparisons, usualWindow } from "./measurements.ts";
import {
  atLeast,
  beside,
  FLOW_KINDS,
  type FlowKind,
  inMegabits,
  type Reading,
  type Repetition,
  type Scenario,
} from "./scenario.ts";

/** One TCP flow over lines as they are configured. */
export const ONE_FLOW: Scenario = {
  number: "1",
  name: "one-flow",
  title: "One TCP flow over lines at their configured rates: share of the payload capacity",
  cases: () =>
    LINE_SETS.flatMap((set) =>
      FLOW_KINDS.map((kind) => ({
        name: `${set.name}: ${kind.control} ${kind.direction}`,
        choice: { set: set.number, ...kind },
        measure: (repetition) => measure(repetition, set, kind),
      })),
    ),
};

async function measure(repetition: Repetition, set: LineSet, kind: FlowKind): Promise<Reading[]> {
  return await withBench(repetition, set.lines, async (bench) => {
    const others = await comparisons(repetition, bench, kind, { isWithAlone: true });
    return await withBundle(bench, {}, async (tunnel) => {
      const flow = await bundleFlow(bench, kind);
      const rate = goodputBetween(flow, ...usualWindow(bench.options));
      return [
        atLeast(set.oneFlowShare, "share", "share", rate / (await bundleCapacity(bench, tunnel, kind))),
        beside("goodput", "Mbit/s", inMegabits(rate)),
        beside("segments sent again", "count", flow.retransmits),
        ...others,
      ];
    });
  });
}
