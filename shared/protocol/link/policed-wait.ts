import { type Milliseconds, milliseconds } from "../units.ts";

const SHORTEST = milliseconds(500);
const LONGEST = milliseconds(1500);

// Rates that differ by less are the same limit, found again.
const SAME_SHARE = 0.2;

/** For how long a rate is kept to once more of it was only lost: for longer each time that it is found again. */
export class PolicedWait {
  #wait = SHORTEST;
  #rate = 0;

  /** The wait at a rate, in bytes per second, beyond which more was lost, perhaps as more was being tried. */
  next(rate: number, wasRaised: boolean): Milliseconds {
    const isSame = wasRaised && Math.abs(rate / this.#rate - 1) < SAME_SHARE;
    this.#wait = milliseconds(isSame ? Math.min(LONGEST, 2 * this.#wait) : SHORTEST);
    this.#rate = rate;
    return this.#wait;
  }
}
