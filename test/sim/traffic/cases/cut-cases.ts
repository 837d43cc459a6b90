import { milliseconds, seconds } from "../../../../shared/protocol/units.ts";
import { payloadCapacities } from "../capacity.ts";
import type { LineChange } from "../line-change.ts";
import type { FlowOptions, Scenario } from "../scenario.ts";
import type { ControlName } from "../tcp-flow.ts";
import { LINE_SETS, type LineSet } from "./line-sets.ts";
import { type CellContext, measuredCase } from "./measured-case.ts";
import { type MeasuredScenario, measureScenario } from "./measured-scenario.ts";
import { chosen, chosenSets, type Selection, seedsOf } from "./selection.ts";
import { printTable, share, whole } from "./table.ts";

// A cut of four seconds after five; it counts from two seconds before.
const WARM_UP = seconds(3);
const CUT_AT = seconds(5);
const RESTORE_AT = seconds(9);
const DURATION = seconds(12);

// The first full second that has to be at the full rate, counted from the warm-up's end: two after the line is back.
const FULL_AGAIN_SECOND = 8;

const CONTROLS: readonly ControlName[] = ["cubic", "bbr"];

type Cell = { readonly set: LineSet; readonly control: ControlName; readonly seed: number };
type Result = { readonly load: MeasuredScenario; readonly call: MeasuredScenario };

/** The first line of each set cut in silence under load, and restored. */
export const cutCase = measuredCase({
  cells,
  measure,
  print: (measurements) =>
    printTable(
      ["first line cut for 4 s", "TCP gap ms", "timeouts", "call outage ms", "call lost", "full after"],
      measurements.map(({ cell, result }) => row(cell, result)),
    ),
});

function cells(selection: Selection): Cell[] {
  return chosenSets(LINE_SETS, selection).flatMap((set) =>
    chosen(CONTROLS, selection.control).flatMap((control) =>
      seedsOf(selection, 1).map((seed) => ({ set, control, seed })),
    ),
  );
}

function measure({ set, control, seed }: Cell, context: CellContext): Result {
  const changes: readonly LineChange[] = [
    { at: CUT_AT, line: 0, kind: "cut" },
    { at: RESTORE_AT, line: 0, kind: "restore" },
  ];
  const common: Omit<Scenario, "flows"> = { lines: set.lines, changes, seed, warmUp: WARM_UP, duration: DURATION };
  const load: FlowOptions = { kind: "tcp", direction: "down", control };
  const call: FlowOptions = { kind: "realtime", direction: "down" };
  const title = `${set.name}, first line cut, ${control}`;
  return {
    load: measureScenario({ ...common, flows: [load] }, context, { title }),
    call: measureScenario({ ...common, flows: [call] }, context, { title: `${title}, a call` }),
  };
}

function row({ set, control, seed }: Cell, result: Result): string[] {
  const [tcp] = result.load.tcp;
  const [call] = result.call.calls;
  return [
    `${set.name} ${control} seed ${seed}`,
    whole(tcp?.longestGap ?? Number.NaN),
    `${tcp?.timeouts}`,
    whole(call?.longestOutage ?? Number.NaN),
    `${call?.lost} of ${call?.sent}`,
    fullAfter(set, tcp?.perSecond ?? []),
  ];
}

/** How many seconds after its return the line's share is there again, and the share of the second that counts. */
function fullAfter({ lines }: LineSet, perSecond: readonly number[]): string {
  const span = { lines, changes: [], direction: "down", from: milliseconds(0), until: DURATION } as const;
  const full = payloadCapacities(span).reduce((sum, capacity) => sum + capacity, 0);
  const back = (RESTORE_AT - WARM_UP) / 1000;
  const second = perSecond.findIndex((rate, index) => index >= back && rate >= 0.9 * full);
  const atLimit = share((perSecond[FULL_AGAIN_SECOND] ?? 0) / full);
  return `${second < 0 ? "never" : `${second - back} s`} (${atLimit})`;
}
