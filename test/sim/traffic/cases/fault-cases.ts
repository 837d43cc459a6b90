import { milliseconds } from "../../../../shared/protocol/units.ts";
import { medianOf } from "../samples.ts";
import { type CapacityMeasurement, capacityCells, measureCapacity, printShares } from "./capacity-cases.ts";
import { configured, idleRtt, LINE_SETS, type LineSet, withFaults } from "./line-sets.ts";
import { measuredCase } from "./measured-case.ts";
import { pingP95 } from "./measured-scenario.ts";
import { chosenSets, type Selection } from "./selection.ts";
import { groupedBy, printTable, share, whole } from "./table.ts";

const TOO_HIGH = 1.5;
const TWICE_TOO_HIGH = 2;
const SHORT_QUEUES = [2, 5, 10];
const FAULTS: readonly { readonly name: string; readonly apply: (set: LineSet) => LineSet }[] = [
  {
    name: "1 % loss",
    apply: (set) => withFaults(set, { loss: { kind: "random", probability: 0.01 } }),
  },
  { name: "10 ms jitter in order", apply: (set) => withFaults(set, { jitter: milliseconds(10) }) },
  {
    name: "10 ms jitter, reordering",
    apply: (set) => withFaults(set, { jitter: milliseconds(10), mayReorder: true }),
  },
  { name: "rates 50 % too high", apply: (set) => configured(set, TOO_HIGH) },
  ...SHORT_QUEUES.map((limit) => ({
    name: `queue of ${limit} ms, rates twice too high`,
    apply: (set: LineSet) =>
      configured(withFaults(set, { queue: { kind: "time", limit: milliseconds(limit) } }), TWICE_TOO_HIGH),
  })),
];

/** The clean lines with one that loses 1 %, one that jitters, rates configured too high, and those on a short queue. */
export const faultCase = measuredCase({
  cells: (selection) => capacityCells(faultySets(selection), { ...selection, set: undefined }),
  measure: measureCapacity,
  print: (measurements) => {
    printShares("lines", measurements);
    const tooHigh = measurements.filter(({ cell }) =>
      cell.set.lines.some(({ uploadRate }) => uploadRate !== undefined),
    );
    if (tooHigh.length > 0) printPings(tooHigh);
  },
});

function faultySets(selection: Selection): LineSet[] {
  const { fault = "" } = selection;
  const faults = FAULTS.filter(({ name }) => name.includes(fault));
  if (faults.length === 0) throw new RangeError(`--fault ${fault}: faults are ${FAULTS.map(({ name }) => name)}`);
  return faults.flatMap(({ name, apply }) =>
    chosenSets(LINE_SETS, selection).map((set) => ({ ...apply(set), name: `${set.name}, ${name}` })),
  );
}

function printPings(measurements: readonly CapacityMeasurement[]): void {
  const rows = [...groupedBy(measurements, ({ cell }) => `${cell.set.name} ${cell.direction} ${cell.control}`)].map(
    ([name, of]) => [
      name,
      share(medianOf(of.map(({ cell, result }) => result.share[cell.direction]))),
      whole(medianOf(of.map(({ result }) => pingP95(result)))),
      whole(medianOf(of.map(({ cell }) => 1.5 * idleRtt(cell.set) + 30))),
    ],
  );
  console.log();
  printTable(["loaded ping p95", "share", "ms", "allowed"], rows);
}
