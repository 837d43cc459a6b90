import { milliseconds } from "../../../shared/protocol/units.ts";
import { median, percentile } from "../../support/statistics.ts";
import { unevenLine } from "../toolkit/home-network.ts";
import { goodputBetween } from "../toolkit/iperf.ts";
import { payloadCapacity } from "../toolkit/payload-capacity.ts";
import { pingsBetween, runPings } from "../toolkit/pings.ts";
import { capacityLines } from "../toolkit/tunnel.ts";
import { multipathFlow, withBareLines } from "./baselines.ts";
import { type Bench, runTracedFlow, tunnelMtu, withBench, withBundle } from "./bench.ts";
import {
  type CellularCapacity,
  cellularLine,
  DRAWN_CAPACITIES,
  rateWithin,
  recordedCapacities,
} from "./cellular-lines.ts";
import type { LabOptions } from "./options.ts";
import {
  atLeast,
  atMost,
  beside,
  FLOW_KINDS,
  type FlowKind,
  inMegabits,
  type Reading,
  type Repetition,
  type Scenario,
} from "./scenario.ts";

const STEADY = unevenLine("steady", 10, 2, milliseconds(15));
const CELLULAR_NAME = "cellular";
const WARM_UP_SECONDS = 5;
// What changes by the second is measured for so many times as long as other lines.
const LONGER = 3;
const PROMISED_SHARE = 0.9;
const PROMISED_PING_MS = 150;

/** A cellular line, whose rate nobody knows, beside a steady one. */
export const CELLULAR: Scenario = {
  number: "7",
  name: "cellular",
  title: `A cellular line without a configured rate beside a steady 10/2 Mbit/s line, ${LONGER} times as long as the others`,
  cases: ({ traces }) =>
    [...DRAWN_CAPACITIES, ...(traces === undefined ? [] : recordedCapacities(traces))].flatMap((capacity) =>
      FLOW_KINDS.map((kind) => ({
        name: `${capacity.name}: ${kind.control} ${kind.direction}`,
        choice: kind,
        measure: (repetition) => measure(repetition, capacity, kind),
      })),
    ),
  missing: ({ traces }) =>
    traces === undefined
      ? "Recorded cellular capacities are left out: give their folder by --traces DIR."
      : undefined,
};

async function measure(repetition: Repetition, capacity: CellularCapacity, kind: FlowKind): Promise<Reading[]> {
  const { index, options } = repetition;
  const traces = capacity.of(index);
  const [from, to] = windowOf(options);
  const cellularRate = rateWithin(traces[kind.direction], from, to);
  const carried = [...capacityLines([STEADY], kind.direction), { rate: cellularRate }];
  return await withBench(repetition, [STEADY, cellularLine(CELLULAR_NAME, traces)], async (bench) => {
    const others = options.compares && index === 0 ? await multipathReadings(bench, kind, carried) : [];
    return await withBundle(bench, {}, async (tunnel) => {
      const [flow, times] = await Promise.all([
        runTracedFlow(bench, { ...bench.network, ...kind, seconds: to }),
        runPings(bench.lab, bench.network.home, to),
        restartCapacity(bench),
      ]);
      const pings = pingsBetween(times, from, to);
      const share = goodputBetween(flow, from, to) / payloadCapacity(carried, await tunnelMtu(tunnel));
      return [
        atLeast(PROMISED_SHARE, "share", "share", share),
        atMost(PROMISED_PING_MS, "loaded ping, p95", "ms", percentile(pings, 0.95)),
        beside("loaded ping, p50", "ms", median(pings)),
        beside("the cellular line's rate", "Mbit/s", inMegabits(cellularRate)),
        ...others,
      ];
    });
  });
}

async function multipathReadings(
  bench: Bench,
  kind: FlowKind,
  carried: Parameters<typeof payloadCapacity>[0],
): Promise<Reading[]> {
  const [from, to] = windowOf(bench.options);
  return await withBareLines(bench, async () => {
    const [flow, times] = await Promise.all([
      multipathFlow(bench, { ...kind, seconds: to }),
      runPings(bench.lab, bench.network.router, to),
      restartCapacity(bench),
    ]);
    return [
      beside("MPTCP", "share", goodputBetween(flow, from, to) / payloadCapacity(carried)),
      beside("steady line under MPTCP, p95", "ms", percentile(pingsBetween(times, from, to), 0.95)),
    ];
  });
}

// So that it begins when the flow does, and what it could carry in the measured time is known.
async function restartCapacity({ network, lines }: Bench): Promise<void> {
  const line = lines.find(({ name }) => name === CELLULAR_NAME);
  if (line !== undefined) await network.relay.change(line.name, { down: line.down, up: line.up });
}

const windowOf = ({ seconds }: LabOptions): readonly [number, number] => [
  WARM_UP_SECONDS,
  WARM_UP_SECONDS + LONGER * seconds,
];
