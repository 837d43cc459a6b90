import { median } from "../../support/statistics.ts";
import type { Bound, LabCase, Reading, Scenario, Unit } from "./scenario.ts";

/** What all repetitions of a case measured, and why some did not. */
export type CaseResult = {
  readonly scenario: Scenario;
  readonly labCase: LabCase;
  readonly repetitions: readonly (readonly Reading[])[];
  readonly failures: readonly string[];
};

/** One figure of a case over all its repetitions. */
export type Figure = {
  readonly what: string;
  readonly unit: Unit;
  readonly values: readonly number[];
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** The median of what was promised, as it may depend on what a repetition measured. */
  readonly bound: Bound | undefined;
  /** Whether the median keeps the promise; undefined where there is none. */
  readonly isReached: boolean | undefined;
};

/** A case's figures, in the order in which they were first measured. */
export function figures({ repetitions }: Pick<CaseResult, "repetitions">): Figure[] {
  const readings = repetitions.flat();
  const names = new Set(readings.map(({ what }) => what));
  return [...names].flatMap((name) => figure(readings.filter(({ what }) => what === name)));
}

/** Whether a case was measured in every repetition. */
export const isComplete = ({ failures }: CaseResult): boolean => failures.length === 0;

/** Whether a case was measured and kept every promise. */
export const isKept = (result: CaseResult): boolean =>
  isComplete(result) && figures(result).every(({ isReached }) => isReached !== false);

function figure(readings: readonly Reading[]): Figure[] {
  const [first] = readings;
  if (first === undefined) return [];
  const values = readings.map(({ value }) => value);
  const middle = median(values);
  const bound = first.bound && {
    kind: first.bound.kind,
    value: median(readings.flatMap((reading) => reading.bound?.value ?? [])),
  };
  return [
    {
      what: first.what,
      unit: first.unit,
      values,
      median: middle,
      least: Math.min(...values),
      most: Math.max(...values),
      bound,
      isReached: bound && (bound.kind === "at least" ? middle >= bound.value : middle <= bound.value),
    },
  ];
}
