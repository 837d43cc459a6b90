import type { Milliseconds } from "../units.ts";

/** How often something may happen: `perSecond` in the long run, `atOnce` after a pause. */
export type Allowance = { readonly perSecond: number; readonly atOnce: number };

/** Counts down what is allowed and fills up again with time. */
export class TokenBucket {
  readonly #allowance: Allowance;
  #left: number;
  #countedAt: Milliseconds | undefined;

  constructor(allowance: Allowance) {
    this.#allowance = allowance;
    this.#left = allowance.atOnce;
  }

  /** Takes one, if one is left. */
  take(now: Milliseconds): boolean {
    const { perSecond, atOnce } = this.#allowance;
    const elapsed = now - (this.#countedAt ?? now);
    this.#countedAt = now;
    this.#left = Math.min(atOnce, this.#left + (elapsed / 1000) * perSecond);
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
