import type { MemberLink } from "../link/member-link.ts";
import { type Milliseconds, milliseconds } from "../units.ts";
import { FadingPeak } from "./fading-peak.ts";

// The wait is what the links' delays differ by, and a slack for the receiver's own rounds, within these bounds.
const SHORTEST_WAIT = 20;
const SLACK = 15;
const UNMEASURED_WAIT = 200;

// A skew that does not come again is forgotten by half in five seconds.
const PEAK_KEPT = 7 / 8;
const FACTOR = 1.25;

/**
 * How long a bundle waits for a missing fragment that no M (RFC 1990 §4.1) calls lost: as long as others lately kept
 * it waiting until they came, or, before that is measured, until the slowest link has brought it by its round trip.
 */
export class SkewWait {
  readonly #peak = new FadingPeak(PEAK_KEPT);
  readonly #links: readonly MemberLink[];
  readonly #limit: Milliseconds;

  /** No wait is longer than `limit`. */
  constructor(links: readonly MemberLink[], limit: Milliseconds) {
    this.#links = links;
    this.#limit = limit;
  }

  /** The wait from when something came that is behind the missing fragment. */
  get duration(): Milliseconds {
    const peak = this.#peak.value;
    const wait = peak === undefined ? this.#expected() : FACTOR * peak + SLACK;
    return milliseconds(Math.min(Math.max(SHORTEST_WAIT, wait), this.#limit));
  }

  /** Notes that a fragment, no copy, came when others had waited for it so long. */
  onFilled(waited: Milliseconds, now: Milliseconds): void {
    if (waited > this.#limit) return;
    // The first that come are often those of fast links.
    if (this.#peak.value === undefined) this.#peak.sample(this.#expected(), now);
    this.#peak.sample(waited, now);
  }

  /** Forgets what was measured, as with other links. */
  restart(): void {
    this.#peak.restart();
  }

  #expected(): Milliseconds {
    let slowest = 0;
    let fastest = Number.POSITIVE_INFINITY;
    for (const { isUp, roundTripTime } of this.#links) {
      if (!isUp) continue;
      const { smoothed, variation, minimum } = roundTripTime;
      if (smoothed === undefined) return milliseconds(UNMEASURED_WAIT);
      slowest = Math.max(slowest, smoothed + 4 * variation);
      fastest = Math.min(fastest, minimum ?? smoothed);
    }
    return milliseconds(Math.max(0, slowest - fastest) + SLACK);
  }
}
