import { type Milliseconds, milliseconds, seconds } from "../../../../shared/protocol/units.ts";
import type { Lateness } from "../bonded/lateness.ts";
import type { Direction } from "../capacity.ts";
import type { ControlName } from "../tcp-flow.ts";

const CONTROLS: readonly ControlName[] = ["cubic", "bbr", "reno"];
const DIRECTIONS: readonly Direction[] = ["down", "up"];

/** What of the cases is to be measured, and how; what is undefined is up to each case. */
export type Selection = {
  /** Which of a case's sets of lines, from 1. */
  readonly set: number | undefined;
  /** A word in the name of a fault. */
  readonly fault: string | undefined;
  readonly control: ControlName | undefined;
  readonly direction: Direction | undefined;
  /** How many seeds to take, and from which on. */
  readonly seeds: number | undefined;
  readonly first: number;
  readonly warmUp: Milliseconds | undefined;
  readonly duration: Milliseconds | undefined;
  /** A folder of recorded cellular capacities. */
  readonly traces: string | undefined;
  /** How late everything is that runs. */
  readonly lateness: Lateness | undefined;
  /** Whether to print what happens every 250 ms. */
  readonly isTraced: boolean;
};

/** The options of the command line that make a selection, for `parseArgs`. */
export const SELECTION_OPTIONS = {
  set: { type: "string" },
  fault: { type: "string" },
  control: { type: "string" },
  direction: { type: "string" },
  seeds: { type: "string" },
  first: { type: "string" },
  seed: { type: "string" },
  "warm-up": { type: "string" },
  duration: { type: "string" },
  traces: { type: "string" },
  late: { type: "string" },
  trace: { type: "boolean" },
} as const;

/** What the command line says for those options. */
export type SelectionValues = { readonly [Name in keyof typeof SELECTION_OPTIONS]?: string | boolean | undefined };

/** Reads a selection; `seed` is one seed with a trace. Throws a RangeError that names the wrong option. */
export function parseSelection(values: SelectionValues): Selection {
  const seed = numberOf("seed", values.seed);
  return {
    set: numberOf("set", values.set),
    fault: typeof values.fault === "string" ? values.fault : undefined,
    control: oneOf("control", CONTROLS, values.control),
    direction: oneOf("direction", DIRECTIONS, values.direction),
    seeds: seed === undefined ? numberOf("seeds", values.seeds) : 1,
    first: seed ?? numberOf("first", values.first) ?? 1,
    warmUp: secondsOf("warm-up", values["warm-up"]),
    duration: secondsOf("duration", values.duration),
    traces: typeof values.traces === "string" ? values.traces : undefined,
    lateness: latenessOf(values.late),
    isTraced: values.trace === true || seed !== undefined,
  };
}

/** The seeds to take, where a case takes so many when nothing is said. */
export function seedsOf({ seeds, first }: Selection, usual: number): number[] {
  return Array.from({ length: seeds ?? usual }, (_, index) => first + index);
}

/** Those of a case's values that a selection takes. */
export function chosen<Value>(all: readonly Value[], wanted: Value | undefined): readonly Value[] {
  return wanted === undefined ? all : all.filter((value) => value === wanted);
}

/** Those of a case's sets of lines that a selection takes. */
export function chosenSets<Value>(all: readonly Value[], { set }: Selection): readonly Value[] {
  return set === undefined ? all : all.slice(set - 1, set);
}

function numberOf(name: string, value: string | boolean | undefined): number | undefined {
  if (value === undefined) return undefined;
  const result = Number(value);
  if (!(result >= 0)) throw new RangeError(`--${name} ${value}: expected a number`);
  return result;
}

function secondsOf(name: string, value: string | boolean | undefined): Milliseconds | undefined {
  const result = numberOf(name, value);
  return result === undefined ? undefined : seconds(result);
}

function latenessOf(value: string | boolean | undefined): Lateness | undefined {
  if (value === undefined) return undefined;
  const [usual = 0, stallsEvery = 0, stallsFor = 0] = String(value).split(",").map(Number);
  if (!(usual >= 0 && stallsEvery > 0 && stallsFor >= 0)) {
    throw new RangeError(`--late ${value}: expected USUAL,EVERY,FOR in milliseconds, such as 0.3,200,15`);
  }
  return {
    usual: milliseconds(usual),
    stallsEvery: milliseconds(stallsEvery),
    stallsFor: milliseconds(stallsFor),
  };
}

function oneOf<Name extends string>(
  option: string,
  names: readonly Name[],
  value: string | boolean | undefined,
): Name | undefined {
  const found = names.find((name) => name === value);
  if (value !== undefined && found === undefined)
    throw new RangeError(`--${option} ${value}: expected one of ${names.join(", ")}`);
  return found;
}
