import { type FlowResult, goodputBetween } from "../toolkit/iperf.ts";
import { payloadCapacity } from "../toolkit/payload-capacity.ts";
import { pingsBetween, runPings } from "../toolkit/pings.ts";
import { capacityLines, type Tunnel } from "../toolkit/tunnel.ts";
import { flowsAlone, multipathFlow, withBareLines } from "./baselines.ts";
import { type Bench, runTracedFlow, tunnelMtu } from "./bench.ts";
import type { LabOptions } from "./options.ts";
import { beside, type FlowKind, inMegabits, type Reading, type Repetition } from "./scenario.ts";

/** When the measurement of a flow begins and ends, in seconds since the flow began. */
export const usualWindow = ({ warmUpSeconds, seconds }: LabOptions): readonly [number, number] => [
  warmUpSeconds,
  warmUpSeconds + seconds,
];

/** The payload capacity of all lines together through the tunnel, in bytes per second. */
export async function bundleCapacity({ lines }: Bench, tunnel: Tunnel, kind: FlowKind): Promise<number> {
  return payloadCapacity(capacityLines(lines, kind.direction), await tunnelMtu(tunnel));
}

/** Runs one flow of the home through the tunnel for the usual time. */
export async function bundleFlow(bench: Bench, kind: FlowKind): Promise<FlowResult> {
  const [, seconds] = usualWindow(bench.options);
  return await runTracedFlow(bench, { ...bench.network, ...kind, seconds });
}

/** The same while the home pings the internet host; answers the pings of the measured time only, in milliseconds. */
export async function bundleFlowAndPings(
  bench: Bench,
  kind: FlowKind,
): Promise<{ readonly flow: FlowResult; readonly pings: readonly number[] }> {
  const [from, to] = usualWindow(bench.options);
  const [flow, times] = await Promise.all([bundleFlow(bench, kind), runPings(bench.lab, bench.network.home, to)]);
  return { flow, pings: pingsBetween(times, from, to) };
}

/**
 * What kernel MPTCP gets from the lines, as a share of what the tunnel could get, and what each line gives alone: once
 * for a case, when the command line wants it.
 */
export async function comparisons(
  { index, options }: Repetition,
  bench: Bench,
  kind: FlowKind,
  { isWithAlone }: { readonly isWithAlone: boolean },
): Promise<Reading[]> {
  if (!options.compares || index > 0) return [];
  const [from, to] = usualWindow(options);
  const rate = (flow: FlowResult): number => goodputBetween(flow, from, to);
  const flow = { ...kind, seconds: to };
  const capacity = payloadCapacity(capacityLines(bench.lines, kind.direction));
  return await withBareLines(bench, async () => {
    const alone = isWithAlone ? await flowsAlone(bench, flow) : [];
    const multipath = await multipathFlow(bench, flow);
    return [
      ...alone.map((one, line) => beside(`${bench.lines[line]?.name} alone`, "Mbit/s", inMegabits(rate(one)))),
      beside("MPTCP", "share", rate(multipath) / capacity),
    ];
  });
}
