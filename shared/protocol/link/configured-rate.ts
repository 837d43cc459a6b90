import {
  type BytesPerSecond,
  bytesPerSecond,
  type Milliseconds,
  milliseconds,
  NEVER,
  seconds,
  UNLIMITED,
} from "../units.ts";

/** What the operator said of a line's rate: at most this, between these, or nothing. */
export type RateLimits =
  | { readonly kind: "ceiling"; readonly rate: BytesPerSecond }
  | { readonly kind: "range"; readonly minimum: BytesPerSecond; readonly maximum: BytesPerSecond }
  | { readonly kind: "auto" };

// Slow enough for any line, fast enough that doubling reaches a gigabit within ten round trips.
const FIRST_RATE = bytesPerSecond(125_000);
const LARGEST_RATE = bytesPerSecond(1_250_000_000);

// A line that carries less than this share of what was configured is not what the operator takes it for.
const WRONG_BELOW = 0.85;
const RIGHT_FROM = 0.95;
const TOO_LOW_AFTER = seconds(10);

/** What may be sent at most, as limits: no rate at all is one to be found. */
export function rateLimits(rate: BytesPerSecond): RateLimits {
  return rate === UNLIMITED ? { kind: "auto" } : { kind: "ceiling", rate };
}

/** Whether two limits are the same. */
export function isSameLimits(a: RateLimits, b: RateLimits): boolean {
  if (a.kind === "ceiling" && b.kind === "ceiling") return a.rate === b.rate;
  if (a.kind === "range" && b.kind === "range") return a.minimum === b.minimum && a.maximum === b.maximum;
  return a.kind === b.kind;
}

/** Holds a rate within what the operator said, and notices when that is wrong. */
export class ConfiguredRate {
  #limits: RateLimits;
  #isTooHigh = false;
  #fullSince: Milliseconds = NEVER;
  #fullUntil = milliseconds(0);

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  get limits(): RateLimits {
    return this.#limits;
  }

  /** Takes what both ends allow, once they have told each other. */
  setLimits(limits: RateLimits): void {
    this.#limits = limits;
  }

  /** The rate to begin with: a ceiling at once, as it is probably right, otherwise the least. */
  get first(): BytesPerSecond {
    const { limits } = this;
    if (limits.kind === "ceiling") return limits.rate;
    return limits.kind === "range" ? limits.minimum : FIRST_RATE;
  }

  /** The most that may be sent. */
  get ceiling(): BytesPerSecond {
    const { limits } = this;
    if (limits.kind === "ceiling") return limits.rate;
    return limits.kind === "range" ? limits.maximum : LARGEST_RATE;
  }

  /** Whether the line was found to carry clearly less than the ceiling, or than the minimum of a range. */
  get isTooHigh(): boolean {
    return this.#isTooHigh;
  }

  /** Whether the ceiling was sent for ten seconds and nothing ever waited: the line may carry more. */
  get mayBeTooLow(): boolean {
    return this.limits.kind !== "auto" && this.#fullUntil - this.#fullSince >= TOO_LOW_AFTER;
  }

  /** Takes what a measurement found the line to carry, and whether it was less than thought before. */
  onCapacity(capacity: BytesPerSecond, isLess: boolean): void {
    const { limits } = this;
    if (limits.kind === "auto") return;
    const promised = limits.kind === "range" ? limits.minimum : limits.rate;
    if (isLess && capacity < WRONG_BELOW * promised) this.#isTooHigh = true;
    if (capacity >= RIGHT_FROM * promised) this.#isTooHigh = false;
  }

  /** Notes whether as much as may be is being sent and nothing waits. */
  onSending(isFull: boolean, now: Milliseconds): void {
    this.#fullUntil = now;
    if (!isFull) this.#fullSince = NEVER;
    else if (this.#fullSince === NEVER) this.#fullSince = now;
  }

  /** Forgets what was noticed, as for another path. */
  restart(): void {
    this.#isTooHigh = false;
    this.#fullSince = NEVER;
  }
}
