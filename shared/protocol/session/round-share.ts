import type { Milliseconds } from "../units.ts";

/** Counts down how many of something may be done in one round of the driver, which reads its clock once a round. */
export class RoundShare {
  readonly #most: number;
  #round: Milliseconds | undefined;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes one of this round's, if one is left. */
  take(now: Milliseconds): boolean {
    if (now !== this.#round) this.#taken = 0;
    this.#round = now;
    if (this.#taken >= this.#most) return false;
    this.#taken++;
    return true;
  }
}
