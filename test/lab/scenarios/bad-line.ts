import { milliseconds } from "../../../shared/protocol/units.ts";
import { evenLine, type HomeLine } from "../toolkit/home-network.ts";
import { goodputBetween } from "../toolkit/iperf.ts";
import { flowsAlone, withBareLines } from "./baselines.ts";
import { withBench, withBundle } from "./bench.ts";
import { bundleFlow, usualWindow } from "./measurements.ts";
import {
  atLeast,
  beside,
  FLOW_KINDS,
  type FlowKind,
  inMegabits,
  type LabCase,
  type Reading,
  type Repetition,
  type Scenario,
} from "./scenario.ts";

const CLEAN = evenLine("clean", 50, 10);
const PROMISED_SHARE = 0.97;
const LOSS = { loss: { kind: "random", probability: 0.05 } } as const;

/** A line that can only do harm beside one that is good. */
export const BAD_LINE: Scenario = {
  number: "8",
  name: "bad-line",
  title:
    "1 Mbit/s with 300 ms and 5 % loss beside a clean 50 Mbit/s line with 10 ms: of what the tunnel carries over the " +
    "clean line alone",
  cases: () => FLOW_KINDS.flatMap(casesOf),
};

function casesOf(kind: FlowKind): LabCase[] {
  return ([1, "auto"] as const).map((rates) => ({
    name: `${rates === "auto" ? "no rates configured" : "rates configured"}: ${kind.control} ${kind.direction}`,
    choice: kind,
    measure: (repetition) => measure(repetition, kind, rates),
  }));
}

async function measure(repetition: Repetition, kind: FlowKind, rates: 1 | "auto"): Promise<Reading[]> {
  const bare = await bareRate(repetition, kind);
  const alone = await tunnelRate(repetition, [CLEAN], kind, rates);
  const both = await tunnelRate(repetition, [CLEAN, badLine()], kind, rates);
  return [
    atLeast(PROMISED_SHARE, "of the clean line alone", "share", both / alone),
    beside("goodput", "Mbit/s", inMegabits(both)),
    beside("tunnel over the clean line alone", "Mbit/s", inMegabits(alone)),
    ...bare,
  ];
}

async function tunnelRate(
  repetition: Repetition,
  lines: readonly HomeLine[],
  kind: FlowKind,
  rates: 1 | "auto",
): Promise<number> {
  return await withBench(repetition, lines, (bench) =>
    withBundle(bench, { rates }, async () =>
      goodputBetween(await bundleFlow(bench, kind), ...usualWindow(bench.options)),
    ),
  );
}

async function bareRate(repetition: Repetition, kind: FlowKind): Promise<Reading[]> {
  const { index, options } = repetition;
  if (!options.compares || index > 0) return [];
  const window = usualWindow(options);
  return await withBench(repetition, [CLEAN], (bench) =>
    withBareLines(bench, async () => {
      const flows = await flowsAlone(bench, { ...kind, seconds: window[1] });
      return flows.map((flow) =>
        beside("clean line without a tunnel", "Mbit/s", inMegabits(goodputBetween(flow, ...window))),
      );
    }),
  );
}

function badLine(): HomeLine {
  const { down, up } = evenLine("bad", 1, milliseconds(300));
  return { name: "bad", down: { ...down, ...LOSS }, up: { ...up, ...LOSS } };
}
