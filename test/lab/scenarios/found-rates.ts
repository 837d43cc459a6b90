import { setTimeout as pause } from "node:timers/promises";
import { bytesPerSecond } from "../../../shared/protocol/units.ts";
import type { HomeLine } from "../toolkit/home-network.ts";
import { goodputBetween } from "../toolkit/iperf.ts";
import { payloadCapacity } from "../toolkit/payload-capacity.ts";
import { capacityLines } from "../toolkit/tunnel.ts";
import { type Bench, runTracedFlow, tunnelMtu, withBench, withBundle } from "./bench.ts";
import { LINE_SETS, type LineSet } from "./line-sets.ts";
import { atLeast, FLOW_KINDS, type FlowKind, type Reading, type Repetition, type Scenario } from "./scenario.ts";

const PROMISED_SHARE = 0.88;
// In seconds since the flow began.
const FOUND_AFTER = 5;
const HALVED_AT = 10;
const DOUBLED_AT = 18;
const END = 26;
const FOLLOWED_AFTER = 3;

/** One TCP flow where the daemons are not told any rate, and where a line's rate changes. */
export const FOUND_RATES: Scenario = {
  number: "3",
  name: "found-rates",
  title: "No rates configured: one TCP flow after 5 s, and from 3 s after the first line's rate halved and doubled",
  cases: () =>
    LINE_SETS.flatMap((set) =>
      FLOW_KINDS.map((kind) => ({
        name: `${set.name}: ${kind.control} ${kind.direction}`,
        choice: { set: set.number, ...kind },
        measure: (repetition) => measure(repetition, set, kind),
      })),
    ),
};

async function measure(repetition: Repetition, { lines }: LineSet, kind: FlowKind): Promise<Reading[]> {
  return await withBench(repetition, lines, (bench) =>
    withBundle(bench, { rates: "auto" }, async (tunnel) => {
      const [flow] = await Promise.all([
        runTracedFlow(bench, { ...bench.network, ...kind, seconds: END }),
        changeRates(bench),
      ]);
      const mtu = await tunnelMtu(tunnel);
      const share = (from: number, to: number, carried: readonly HomeLine[]): number =>
        goodputBetween(flow, from, to) / payloadCapacity(capacityLines(carried, kind.direction), mtu);
      const reading = (what: string, value: number): Reading => atLeast(PROMISED_SHARE, what, "share", value);
      return [
        reading("share after 5 s", share(FOUND_AFTER, HALVED_AT, lines)),
        reading("share 3 s after halving", share(HALVED_AT + FOLLOWED_AFTER, DOUBLED_AT, halvedFirst(lines))),
        reading("share 3 s after doubling", share(DOUBLED_AT + FOLLOWED_AFTER, END, lines)),
      ];
    }),
  );
}

async function changeRates({ network, lines }: Bench): Promise<void> {
  const change = async ([line]: readonly HomeLine[]): Promise<void> => {
    if (line !== undefined) await network.relay.change(line.name, { up: line.up, down: line.down });
  };
  await pause(HALVED_AT * 1000);
  await change(halvedFirst(lines));
  await pause((DOUBLED_AT - HALVED_AT) * 1000);
  await change(lines);
}

const halvedFirst = (lines: readonly HomeLine[]): HomeLine[] =>
  lines.map((line, index) => (index === 0 ? { ...line, up: halved(line.up), down: halved(line.down) } : line));

const halved = (options: HomeLine["up"]): HomeLine["up"] =>
  typeof options.rate === "number" ? { ...options, rate: bytesPerSecond(options.rate / 2) } : options;
