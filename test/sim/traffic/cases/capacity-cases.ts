import { seconds } from "../../../../shared/protocol/units.ts";
import type { Direction } from "../capacity.ts";
import { medianOf } from "../samples.ts";
import type { ControlName } from "../tcp-flow.ts";
import { LINE_SETS, type LineSet } from "./line-sets.ts";
import { type CellContext, type Measurement, measuredCase } from "./measured-case.ts";
import { type MeasuredScenario, measureScenario } from "./measured-scenario.ts";
import { chosen, chosenSets, type Selection, seedsOf } from "./selection.ts";
import { groupedBy, printTable, share } from "./table.ts";

const SEEDS = 3;
const WARM_UP = seconds(3);
const DURATION = seconds(15);
const DIRECTIONS: readonly Direction[] = ["down", "up"];
const CONTROLS: readonly ControlName[] = ["cubic", "bbr"];

/** One TCP flow and a ping over a set of lines. */
export type CapacityCell = {
  readonly set: LineSet;
  readonly direction: Direction;
  readonly control: ControlName;
  readonly seed: number;
};

/** Cases 1 and 2 measure the same of other lines. */
export type CapacityMeasurement = Measurement<CapacityCell, MeasuredScenario>;

/** One TCP flow each way on clean lines. */
export const capacityCase = measuredCase({
  cells: (selection) => capacityCells(LINE_SETS, selection),
  measure: measureCapacity,
  print: (measurements) => printShares("lines", measurements),
});

/** The cells of sets of lines, both ways and with both controls as far as selected. */
export function capacityCells(sets: readonly LineSet[], selection: Selection): CapacityCell[] {
  const controls = selection.control === undefined ? CONTROLS : [selection.control];
  return chosenSets(sets, selection).flatMap((set) =>
    chosen(DIRECTIONS, selection.direction).flatMap((direction) =>
      controls.flatMap((control) => seedsOf(selection, SEEDS).map((seed) => ({ set, direction, control, seed }))),
    ),
  );
}

/** Measures one TCP flow with a ping beside it. */
export function measureCapacity(cell: CapacityCell, context: CellContext): MeasuredScenario {
  const { set, direction, control, seed } = cell;
  const flows = [{ kind: "tcp", direction, control } as const, { kind: "ping" } as const];
  const scenario = { lines: set.lines, flows, seed, warmUp: WARM_UP, duration: DURATION };
  return measureScenario(scenario, context, { title: `${set.name} ${direction} ${control}`, direction });
}

/** Prints the median shares of the payload capacity, a row for each set of lines. */
export function printShares(heading: string, measurements: readonly CapacityMeasurement[]): void {
  const columns = [...new Set(measurements.map(({ cell }) => columnOf(cell)))];
  const rows = [...groupedBy(measurements, ({ cell }) => cell.set.name)].map(([name, ofSet]) => [
    name,
    ...columns.map((column) => share(medianShare(ofSet.filter(({ cell }) => columnOf(cell) === column)))),
  ]);
  printTable([heading, ...columns], rows);
}

function medianShare(measurements: readonly CapacityMeasurement[]): number {
  return medianOf(measurements.map(({ cell, result }) => result.share[cell.direction]));
}

function columnOf({ direction, control }: CapacityCell): string {
  return `${direction} ${control}`;
}
