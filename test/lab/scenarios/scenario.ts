import type { Choice, LabOptions } from "./options.ts";

/** A figure's unit, by which it is shown. "share" is shown in per cent. */
export type Unit = "share" | "ms" | "Mbit/s" | "count";

/** What a figure must be to keep the promise. */
export type Bound = { readonly kind: "at least" | "at most"; readonly value: number };

/** One figure of a case, as one repetition measured it. Without a bound it is there to compare with. */
export type Reading = {
  readonly what: string;
  readonly unit: Unit;
  readonly value: number;
  readonly bound?: Bound;
};

/** One measurement of a case: which of the repetitions it is, from 0, and the command line. */
export type Repetition = { readonly index: number; readonly options: LabOptions };

/** One case of a scenario. Its `choice` says by which options it is chosen. */
export type LabCase = {
  readonly name: string;
  readonly choice: Choice;
  readonly measure: (repetition: Repetition) => Promise<readonly Reading[]>;
};

/** A part of the promise, with the cases in which it is measured. */
export type Scenario = {
  /** Its number in the list of promises, and a short name; both are understood on the command line. */
  readonly number: string;
  readonly name: string;
  readonly title: string;
  readonly cases: (options: LabOptions) => readonly LabCase[];
  /** Why it cannot be run here, in words, or undefined. */
  readonly missing?: (options: LabOptions) => string | undefined;
};
