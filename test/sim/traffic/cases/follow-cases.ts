import { bytesPerSecond, milliseconds, seconds } from "../../../../shared/protocol/units.ts";
import type { LineOptions } from "../../../emulator/line-options.ts";
import { rateOf } from "../bonded/ends.ts";
import { type Direction, payloadCapacities } from "../capacity.ts";
import type { LineChange } from "../line-change.ts";
import { medianOf } from "../samples.ts";
import type { Scenario } from "../scenario.ts";
import { type CapacityCell, capacityCells } from "./capacity-cases.ts";
import { LINE_SETS, unconfigured } from "./line-sets.ts";
import { type CellContext, type Measurement, measuredCase } from "./measured-case.ts";
import { type MeasuredScenario, measureScenario, pingP95 } from "./measured-scenario.ts";
import type { Selection } from "./selection.ts";
import { groupedBy, printTable, share, whole } from "./table.ts";

const WARM_UP = seconds(5);
const CHANGE_AT = seconds(12);
const FOLLOWED_WITHIN = seconds(3);
const DURATION = seconds(15);
const END = seconds(20);
const ENOUGH = 0.88;
const FACTORS = [0.5, 2] as const;

type Cell = CapacityCell & { readonly factor: number };
type Result = {
  readonly before: number;
  readonly after: number;
  readonly pingP95: number;
  readonly followed: number;
};

/** No rates configured: the share from 5 s on, and from 3 s after the first line's rate has halved or doubled. */
export const followCase = measuredCase({
  cells,
  measure,
  print: (measurements) => {
    const rows = [...groupedBy(measurements, ({ cell }) => nameOf(cell))].map(([name, of]) => row(name, of));
    printTable(["no rates configured", "share 5-12 s", "3 s after", `${ENOUGH} reached in`, "ping p95 ms"], rows);
  },
});

function cells(selection: Selection): Cell[] {
  return capacityCells(LINE_SETS.map(unconfigured), selection).flatMap((cell) =>
    FACTORS.map((factor) => ({ ...cell, factor })),
  );
}

function measure(cell: Cell, context: CellContext): Result {
  const { set, direction, control, seed, factor } = cell;
  const [first] = set.lines;
  const scaled = (options: Partial<LineOptions> = {}): Partial<LineOptions> => ({
    rate: bytesPerSecond(rateOf(options) * factor),
  });
  const changes: readonly LineChange[] = [
    { at: CHANGE_AT, line: 0, kind: "options", up: scaled(first?.up), down: scaled(first?.down) },
  ];
  const flows = [{ kind: "tcp", direction, control } as const, { kind: "ping" } as const];
  const scenario: Scenario = { lines: set.lines, changes, flows, seed, warmUp: WARM_UP, duration: DURATION };
  const wholeRun = { ...context, selection: { ...context.selection, warmUp: undefined, duration: undefined } };
  return resultOf(scenario, measureScenario(scenario, wholeRun, { title: nameOf(cell), direction }), direction);
}

function resultOf(scenario: Scenario, measured: MeasuredScenario, direction: Direction): Result {
  const perSecond = measured.tcp[0]?.perSecond ?? [];
  const secondOf = (at: number): number => (at - WARM_UP) / seconds(1);
  const shareOf = (from: number, until: number): number => {
    const carried = perSecond.slice(secondOf(from), secondOf(until)).reduce((sum, rate) => sum + rate, 0);
    const { lines, changes = [] } = scenario;
    const span = { lines, changes, direction, from: milliseconds(from), until: milliseconds(until) };
    const capacity = payloadCapacities(span).reduce((sum, of) => sum + of, 0);
    return carried / (capacity * ((until - from) / seconds(1)));
  };
  const later = Array.from(
    { length: secondOf(END) - secondOf(CHANGE_AT) },
    (_, second) => CHANGE_AT + seconds(second),
  );
  const followed = later.findIndex((from) => shareOf(from, from + seconds(1)) >= ENOUGH);
  return {
    before: shareOf(WARM_UP, CHANGE_AT),
    after: shareOf(CHANGE_AT + FOLLOWED_WITHIN, END),
    pingP95: pingP95(measured),
    followed: followed < 0 ? Number.NaN : followed,
  };
}

function nameOf({ set, direction, control, factor }: Cell): string {
  return `${set.name} ${direction} ${control}, first line × ${factor}`;
}

function row(name: string, measurements: readonly Measurement<Cell, Result>[]): string[] {
  const median = (value: (result: Result) => number): number =>
    medianOf(measurements.map(({ result }) => value(result)));
  return [
    name,
    share(median(({ before }) => before)),
    share(median(({ after }) => after)),
    `${whole(median(({ followed }) => followed))} s`,
    whole(median(({ pingP95: of }) => of)),
  ];
}
