import type { BytesPerSecond, Milliseconds } from "../units.ts";

// By how much more is sent, round after round, while nothing waits.
const STEPS = [1.05, 1.1, 1.25, 1.5, 2] as const;
const DRAIN_GAIN = 0.85;

/** How much is sent while it is checked whether less is lost then. */
export const CHECK_GAIN = 0.6;

export const [SMALLEST_STEP_GAIN] = STEPS;
export const LARGEST_STEP = STEPS.length - 1;

/** What a rate estimator is doing; `since` is when it began. */
export type RateState =
  /** The rate is doubled until the line is full. */
  | { readonly kind: "starting"; readonly since: Milliseconds }
  /** The line's queue is kept short by following what it carries. */
  | { readonly kind: "following"; readonly since: Milliseconds }
  /** Nothing waits although all is sent: the line may carry more, so the rate rises by ever larger steps. */
  | { readonly kind: "rising"; readonly since: Milliseconds; readonly step: number }
  /** For a moment less is sent, to learn the delay of the empty line. */
  | { readonly kind: "draining"; readonly since: Milliseconds }
  /** For a moment much less is sent, to learn whether less is lost then. */
  | { readonly kind: "checking"; readonly since: Milliseconds }
  /** A higher rate only lost more: it is not tried again before `until`. */
  | { readonly kind: "policed"; readonly since: Milliseconds; readonly until: Milliseconds }
  /** The operator's ceiling is sent, and the line carries it. */
  | { readonly kind: "at ceiling"; readonly since: Milliseconds };

/** How much is sent in a state, as a multiple of what the line carries. */
export function gainOf(state: RateState): number {
  if (state.kind === "draining") return DRAIN_GAIN;
  if (state.kind === "checking") return CHECK_GAIN;
  if (state.kind === "starting") return STEPS[LARGEST_STEP] ?? 1;
  return state.kind === "rising" ? (STEPS[state.step] ?? 1) : 1;
}

/** Says a rate for people, in bits. */
export function rateText(rate: BytesPerSecond): string {
  const megabits = rate / 125_000;
  return `${megabits >= 10 ? megabits.toFixed(0) : megabits.toFixed(megabits >= 1 ? 1 : 2)} Mbit/s`;
}

/** Says why a rate is what it is. */
export function rateReason(state: RateState, rate: BytesPerSecond, queue: Milliseconds): string {
  const waiting = `${queue.toFixed(0)} ms of queue`;
  switch (state.kind) {
    case "starting":
      return `looking for the line's rate, ${rateText(rate)} so far`;
    case "following":
      return `the line carries ${rateText(rate)} with ${waiting}`;
    case "rising":
      return `nothing waits at ${rateText(rate)}: trying more`;
    case "draining":
      return "measuring the delay of the empty line";
    case "checking":
      return "measuring whether less is lost when less is sent";
    case "policed":
      return `more than ${rateText(rate)} is lost without delay`;
    case "at ceiling":
      return `the line carries the configured ${rateText(rate)}`;
  }
}
