import type { MemberLink } from "../link/member-link.ts";
import { type Milliseconds, milliseconds, seconds } from "../units.ts";

// What the links carried together at their best is forgotten by 1/e in this time.
const BEST_REMEMBERED = 10_000;

// Where a longer queue is kept in a line as that changes all the time, packets are late by twice that now and then.
const LATENESS = 2;
// One that stalls is out of use for a while, and comes back as it was.
const LATE_REMEMBERED = seconds(3);

/** How much what the links in use carry together changes, and how late that makes all packets, as they arrive in order. */
export class BundleUnrest {
  #best = 0;
  #swing = 1;
  #lateness = milliseconds(0);
  #lateAt = milliseconds(Number.NEGATIVE_INFINITY);
  #now = milliseconds(0);

  /** How many times as much as now the links carried lately, and may carry again soon; 1 when they are steady. */
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

  /** Takes what the links in use are like now; the swing does not shrink while one `isAwaited` that went away. */
  update(links: readonly MemberLink[], isAwaited: boolean, now: Milliseconds): void {
    let [rate, unrest] = [0, 0];
    for (const { estimator } of links) {
      rate += estimator.capacity;
      unrest = Math.max(unrest, estimator.target.unrest);
      if (estimator.target.isRestless) this.#lateAt = now;
    }
    // Before the first clock reading there is no time between two.
    const elapsed = now > this.#now ? now - this.#now : 0;
    this.#best = Math.max(rate, this.#best * Math.exp(-elapsed / BEST_REMEMBERED));
    const swing = rate > 0 ? this.#best / rate : 1;
    this.#swing = isAwaited ? Math.max(this.#swing, swing) : swing;
    this.#lateness = milliseconds(LATENESS * unrest);
    this.#now = now;
  }
}
