import { seconds } from "../../../../shared/protocol/units.ts";
import { medianOf } from "../samples.ts";
import { aloneOn, type Scenario } from "../scenario.ts";
import { type CapacityCell, capacityCells } from "./capacity-cases.ts";
import { type LineSet, line, unconfigured } from "./line-sets.ts";
import { type CellContext, type Measurement, measuredCase } from "./measured-case.ts";
import { measureScenario, pingP95 } from "./measured-scenario.ts";
import { groupedBy, printTable, share, whole } from "./table.ts";

const WARM_UP = seconds(3);
const DURATION = seconds(20);
const CLEAN = 0;

const SET: LineSet = {
  name: "50/50 10 ms, 1/1 300 ms 5 % loss",
  lines: [line(50, 50, 10), line(1, 1, 300, { loss: { kind: "random", probability: 0.05 } })],
};
const SETS: readonly LineSet[] = [SET, { ...unconfigured(SET), name: `${SET.name}, no rates configured` }];

type Result = { readonly bundle: number; readonly alone: number; readonly pingP95: number };

/** A slow, far and lossy line beside a clean one, against the clean one alone. */
export const badLineCase = measuredCase({
  cells: (selection) => capacityCells(SETS, selection),
  measure,
  print: (measurements) => {
    const rows = [...groupedBy(measurements, ({ cell }) => nameOf(cell))].map(([name, of]) => row(name, of));
    printTable(["a bad line beside a clean one", "of the clean alone", "worst", "ping p95 ms"], rows);
  },
});

function measure(cell: CapacityCell, context: CellContext): Result {
  const { set, direction, control, seed } = cell;
  const scenario: Scenario = {
    lines: set.lines,
    flows: [{ kind: "tcp", direction, control }, { kind: "ping" }],
    seed,
    warmUp: WARM_UP,
    duration: DURATION,
  };
  const title = nameOf(cell);
  const bundle = measureScenario(scenario, context, { title, direction });
  const alone = measureScenario(aloneOn(scenario, CLEAN), context, {
    title: `${title}, the clean line alone`,
    direction,
  });
  return { bundle: bundle.goodput[direction], alone: alone.goodput[direction], pingP95: pingP95(bundle) };
}

function nameOf({ set, direction, control }: CapacityCell): string {
  return `${set.name} ${direction} ${control}`;
}

function row(name: string, measurements: readonly Measurement<CapacityCell, Result>[]): string[] {
  const ratios = measurements.map(({ result }) => result.bundle / result.alone);
  return [
    name,
    share(medianOf(ratios)),
    share(Math.min(...ratios)),
    whole(medianOf(measurements.map(({ result }) => result.pingP95))),
  ];
}
