import { type Milliseconds, milliseconds, NEVER } from "../units.ts";

/** How far ahead of the clock a line is filled at least: one wake-up sends what it carries in this time. */
export const LEAST_LEAD = milliseconds(2);

// Every line's queue gets as long.
const LONGEST_LEAD = 10;

// Over this time it is counted for how long lines had nothing to carry. A hundredth of it is worth a longer queue.
const COUNTED_OVER = 250;
const TOO_MUCH = 0.01;
const LITTLE = 0.002;
const STEP_UP = 1;
const STEP_DOWN = 0.25;

/**
 * How far ahead of the clock the lines of a bundle are filled, so that they have something to carry until the process runs
 * again. On a busy machine that is later than it asked for, and lines that ran empty meanwhile get a longer lead.
 */
export class WakeLateness {
  #due: Milliseconds = NEVER;
  #lead: number = LEAST_LEAD;
  #lost = 0;
  #countedSince = milliseconds(Number.NEGATIVE_INFINITY);

  /** How far ahead lines are to be filled. */
  get lead(): Milliseconds {
    return milliseconds(this.#lead);
  }

  /** Notes when the process wants to run next because a line has room for what waits; NEVER when nothing waits. */
  expect(due: Milliseconds): void {
    this.#due = due;
  }

  /** Notes that it runs now. */
  onWake(now: Milliseconds): void {
    if (this.#due < now) this.#lost += Math.max(0, now - this.#due - this.#lead);
    this.#due = NEVER;
    const elapsed = now - this.#countedSince;
    if (elapsed < COUNTED_OVER) return;
    const share = this.#lost / elapsed;
    if (share > TOO_MUCH) this.#lead = Math.min(LONGEST_LEAD, this.#lead + STEP_UP);
    else if (share < LITTLE) this.#lead = Math.max(LEAST_LEAD, this.#lead - STEP_DOWN);
    this.#lost = 0;
    this.#countedSince = now;
  }
}
