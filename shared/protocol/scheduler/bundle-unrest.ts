import type { MemberLink } from "../link/member-link.ts";
import { type Milliseconds, milliseconds, seconds } from "../units.ts";

// The window that the links took at their best is forgotten by 1/e in this time.
const BEST_REMEMBERED = 10_000;

// Where a longer queue is kept in a line as that changes all the time, packets are late by twice that now and then.
const LATENESS = 2;
// One that stalls is out of use for a while, and comes back as it was.
const LATE_REMEMBERED = seconds(3);

/** How much what the links in use carry together changes, and how late that makes all packets, as they arrive in order. */
export class BundleUnrest {
  #best = 0;
  #isGuess = true;
  #swing = 1;
  #lateness = milliseconds(0);
  #lateAt = milliseconds(Number.NEGATIVE_INFINITY);
  #now = milliseconds(0);

  /**
   * How many times as large a window as now filled the links lately, and may soon again; 1 when they are steady. With fewer
   * links in use the round trip, too, is a shorter one.
   */
  get swing(): number {
    return this.#swing;
  }

  /** How much later than usual all wait at times, as what one of the links carries changes all the time. */
  get lateness(): Milliseconds {
    return this.#lateness;
  }

  /** Whether all have waited like that in the latest seconds. */
  get wasLate(): boolean {
    return this.#now < this.#lateAt + LATE_REMEMBERED;
  }

  /**
   * Takes what the links in use are like now, over which a flow has `roundTrip`; the swing does not shrink while one
   * `isAwaited` that went away.
   */
  update(links: readonly MemberLink[], roundTrip: Milliseconds, isAwaited: boolean, now: Milliseconds): void {
    let [rate, unrest, isGuess] = [0, 0, false];
    for (const { estimator, roundTripTime } of links) {
      rate += estimator.capacity;
      isGuess ||= roundTripTime.minimum === undefined;
      unrest = Math.max(unrest, estimator.target.unrest);
      if (estimator.target.isRestless) this.#lateAt = now;
    }
    // Before the first clock reading there is no time between two.
    const elapsed = now > this.#now ? now - this.#now : 0;
    const window = rate * roundTrip;
    // A guess, as before round trips are known, is forgotten after it.
    if (this.#isGuess && !isGuess) this.#best = 0;
    this.#isGuess = isGuess;
    this.#best = Math.max(window, this.#best * Math.exp(-elapsed / BEST_REMEMBERED));
    const swing = window > 0 ? this.#best / window : 1;
    this.#swing = isAwaited ? Math.max(this.#swing, swing) : swing;
    this.#lateness = milliseconds(LATENESS * unrest);
    this.#now = now;
  }
}
