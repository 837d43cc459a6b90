import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bytes, milliseconds, seconds, UNLIMITED } from "../../../../shared/protocol/units.ts";
import { type DeliveryTrace, parseTrace, traceRate } from "../../../emulator/delivery-trace.ts";
import type { LineOptions } from "../../../emulator/line-options.ts";
import { CELLULAR_SHAPES, cellularTrace } from "../cellular-shape.ts";
import { medianOf } from "../samples.ts";
import type { Scenario } from "../scenario.ts";
import { type CapacityCell, capacityCells } from "./capacity-cases.ts";
import { line } from "./line-sets.ts";
import { type CellContext, type Measurement, measuredCase } from "./measured-case.ts";
import { type MeasuredScenario, measureScenario, pingP95 } from "./measured-scenario.ts";
import type { Selection } from "./selection.ts";
import { groupedBy, printTable, share, whole } from "./table.ts";

const WARM_UP = seconds(5);
const DURATION = seconds(30);
const SHAPE_DURATION = seconds(60);
const STEADY = line(10, 2, 15);
const CELLULAR_DELAY = milliseconds(25);
const MTU = bytes(1500);

// As the other lines have it, and as base stations and phones do.
const QUEUES = [milliseconds(100), seconds(1)] as const;

/** A cellular line's capacity each way. */
type Capacity = { readonly name: string; readonly down: DeliveryTrace; readonly up: DeliveryTrace };
type Cell = Omit<CapacityCell, "set"> & { readonly capacity: string; readonly queue: number };

/** A cellular line beside a steady one: recorded capacities of `--traces`, drawn shapes without. */
export const cellularCase = measuredCase({
  cells,
  measure,
  print: (measurements) => {
    const rows = [...groupedBy(measurements, ({ cell }) => nameOf(cell))].map(([name, of]) => row(name, of));
    printTable(["cellular line beside 10/2 Mbit/s", "share", "ping p95 ms"], rows);
  },
});

function cells(selection: Selection): Cell[] {
  const names = selection.traces === undefined ? CELLULAR_SHAPES.map(({ name }) => name) : recorded(selection.traces);
  const sets = names.map((name) => ({ name, lines: [] }));
  return capacityCells(sets, selection).flatMap(({ set, ...rest }) =>
    QUEUES.map((queue) => ({ ...rest, capacity: set.name, queue })),
  );
}

function measure(cell: Cell, context: CellContext): MeasuredScenario {
  const { direction, control, seed, queue } = cell;
  const { up, down } = capacityOf(cell, context.selection);
  const cellular = {
    up: atMeanRate(up, queue),
    down: atMeanRate(down, queue),
    uploadRate: UNLIMITED,
    downloadRate: UNLIMITED,
  };
  const scenario: Scenario = {
    lines: [STEADY, cellular],
    changes: [{ at: milliseconds(0), line: 1, kind: "options", up: { rate: up }, down: { rate: down } }],
    flows: [{ kind: "tcp", direction, control }, { kind: "ping" }],
    seed,
    warmUp: WARM_UP,
    duration: DURATION,
  };
  return measureScenario(scenario, context, { title: nameOf(cell), direction });
}

function atMeanRate(trace: DeliveryTrace, queue: number): Partial<LineOptions> {
  const rate = traceRate(trace);
  return {
    rate,
    delay: CELLULAR_DELAY,
    queue: { kind: "bytes", limit: bytes((rate * queue) / seconds(1)) },
    mtu: MTU,
  };
}

function capacityOf({ capacity, seed }: Cell, { traces }: Selection): Capacity {
  const shape = CELLULAR_SHAPES.find(({ name }) => name === capacity);
  if (traces === undefined && shape !== undefined) {
    const drawn = (salt: number, rate: number): DeliveryTrace =>
      cellularTrace(2 * seed + salt, rate, shape, SHAPE_DURATION);
    return { name: capacity, down: drawn(0, shape.down), up: drawn(1, shape.up) };
  }
  const read = (way: string): DeliveryTrace =>
    parseTrace(readFileSync(join(traces ?? "", `${capacity}.${way}`), "latin1"));
  return { name: capacity, down: read("down"), up: read("up") };
}

/** The names of recorded capacities in a folder, which has NAME.down and NAME.up of each. */
function recorded(folder: string): string[] {
  const names = readdirSync(folder).flatMap((file) =>
    file.endsWith(".down") ? [file.slice(0, -".down".length)] : [],
  );
  if (names.length === 0) throw new RangeError(`--traces ${folder}: there is no file NAME.down`);
  return names.toSorted();
}

function nameOf({ capacity, direction, control, queue }: Cell): string {
  return `${capacity} ${direction} ${control}, ${queue} ms of queue`;
}

function row(name: string, measurements: readonly Measurement<Cell, MeasuredScenario>[]): string[] {
  return [
    name,
    share(medianOf(measurements.map(({ cell, result }) => result.share[cell.direction]))),
    whole(medianOf(measurements.map(({ result }) => pingP95(result)))),
  ];
}
