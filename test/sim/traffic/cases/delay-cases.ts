import { milliseconds, seconds } from "../../../../shared/protocol/units.ts";
import type { FlowOptions } from "../scenario.ts";
import { idleRtt, LINE_SETS, type LineSet } from "./line-sets.ts";
import { measuredCase } from "./measured-case.ts";
import { measureScenario } from "./measured-scenario.ts";
import { chosenSets, type Selection, seedsOf } from "./selection.ts";
import { groupedBy, printTable, whole } from "./table.ts";

const WARM_UP = seconds(3);
const DURATION = seconds(15);
const ALLOWED = 15;
const PING = { kind: "ping", interval: milliseconds(20) } as const;

type Load = { readonly name: string; readonly flows: readonly FlowOptions[] };
type Cell = { readonly set: LineSet; readonly load: Load; readonly seed: number };

const LOADS: readonly Load[] = [
  { name: "idle", flows: [] },
  { name: "cubic down", flows: [{ kind: "tcp", direction: "down", control: "cubic" }] },
  { name: "bbr down", flows: [{ kind: "tcp", direction: "down", control: "bbr" }] },
  {
    name: "cubic both ways",
    flows: [
      { kind: "tcp", direction: "down", control: "cubic" },
      { kind: "tcp", direction: "up", control: "cubic" },
    ],
  },
];

/** Pings through the tunnel, idle and loaded: median and 95th percentile in milliseconds. */
export const delayCase = measuredCase({
  cells,
  measure: ({ set, load, seed }: Cell, context) => {
    const flows = [PING, ...load.flows];
    const scenario = { lines: set.lines, flows, seed, warmUp: WARM_UP, duration: DURATION };
    return measureScenario(scenario, context, { title: `${set.name} ${load.name}` });
  },
  print: (measurements) => {
    const loads = [...new Set(measurements.map(({ cell }) => cell.load.name))];
    const rows = [...groupedBy(measurements, ({ cell }) => `${cell.set.name} seed ${cell.seed}`)].map(
      ([name, ofSet]) => {
        const pings = ofSet.map(({ result }) => result.pings[0]);
        const best = Math.min(...ofSet.map(({ cell }) => idleRtt(cell.set)));
        const shown = pings.map((ping) => `${whole(ping?.median ?? Number.NaN)} / ${whole(ping?.p95 ?? Number.NaN)}`);
        return [name, ...shown, `p95 ${whole(best + ALLOWED)}`];
      },
    );
    printTable(["ping p50 / p95 ms", ...loads, "allowed"], rows);
  },
});

function cells(selection: Selection): Cell[] {
  const { control, direction } = selection;
  const isWanted = ({ flows }: Load): boolean =>
    flows.every((flow) => flow.kind !== "tcp" || control === undefined || flow.control === control) &&
    (direction === undefined || flows.some((flow) => flow.kind === "tcp" && flow.direction === direction));
  return chosenSets(LINE_SETS, selection).flatMap((set) =>
    LOADS.filter(isWanted).flatMap((load) => seedsOf(selection, 1).map((seed) => ({ set, load, seed }))),
  );
}
