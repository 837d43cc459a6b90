import { goodputBetween } from "../toolkit/iperf.ts";
import { payloadCapacity } from "../toolkit/payload-capacity.ts";
import { capacityLines, type Tunnel } from "../toolkit/tunnel.ts";
import { type Bench, runTracedFlow, tunnelMtu, withBench, withBundle } from "./bench.ts";
import { LINE_SETS, type LineSet } from "./line-sets.ts";
import type { LabCase, Reading, Repetition, Scenario } from "./scenario.ts";

const PROMISED: Readonly<Record<number, number>> = { 1: 0.97, 2: 0.95, 3: 0.93 };

/** One TCP flow over lines as they are configured. */
export const ONE_FLOW: Scenario = {
  number: "1",
  name: "one-flow",
  title: "One TCP flow, of the payload capacity of all lines",
  cases: () => LINE_SETS.flatMap(casesOf),
};

function casesOf(set: LineSet): LabCase[] {
  return (["cubic", "bbr"] as const).flatMap((control) =>
    (["down", "up"] as const).map((direction) => ({
      name: `${set.name}: ${control} ${direction}`,
      choice: { set: set.number, control, direction },
      measure: (repetition: Repetition) =>
        withBench(repetition, set.lines, (bench) =>
          withBundle(bench, {}, async (tunnel) => [
            await shareOfOneFlow(bench, tunnel, { control, direction }, PROMISED[set.number] ?? 0),
          ]),
        ),
    })),
  );
}

async function shareOfOneFlow(
  bench: Bench,
  tunnel: Tunnel,
  { control, direction }: { readonly control: "cubic" | "bbr"; readonly direction: "down" | "up" },
  promised: number,
): Promise<Reading> {
  const { network, lines, options } = bench;
  const end = options.warmUpSeconds + options.seconds;
  const flow = await runTracedFlow(bench, { ...network, direction, control, seconds: end });
  const capacity = payloadCapacity(capacityLines(lines, direction), await tunnelMtu(tunnel));
  const value = goodputBetween(flow, options.warmUpSeconds, end) / capacity;
  return { what: "share", unit: "share", value, bound: { kind: "at least", value: promised } };
}
