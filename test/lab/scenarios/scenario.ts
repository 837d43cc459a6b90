import type { Direction } from "../relay/messages.ts";
import type { Control } from "../toolkit/iperf.ts";
import type { Choice, LabOptions } from "./options.ts";

/** A figure's unit, by which it is shown. A "share" of 1 is shown in per cent. */
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
  /** What of it cannot be measured with these options, in words, or undefined. */
  readonly missing?: (options: LabOptions) => string | undefined;
};

/** How a TCP flow is run: by which congestion control, and which way. */
export type FlowKind = { readonly control: Control; readonly direction: Direction };

/** Both congestion controls, both ways. */
export const FLOW_KINDS: readonly FlowKind[] = [
  { control: "cubic", direction: "down" },
  { control: "cubic", direction: "up" },
  { control: "bbr", direction: "down" },
  { control: "bbr", direction: "up" },
];

/** A figure that the promise wants at `bound` or above. */
export function atLeast(bound: number, what: string, unit: Unit, value: number): Reading {
  return { what, unit, value, bound: { kind: "at least", value: bound } };
}

/** A figure that the promise wants at `bound` or below. */
export function atMost(bound: number, what: string, unit: Unit, value: number): Reading {
  return { what, unit, value, bound: { kind: "at most", value: bound } };
}

/** A figure to compare with. */
export function beside(what: string, unit: Unit, value: number): Reading {
  return { what, unit, value };
}

/** A rate in bytes per second as the tables show it. */
export const inMegabits = (bytesPerSecond: number): number => (bytesPerSecond * 8) / 1e6;
