import type { MemberLink } from "../link/member-link.ts";
import { type Milliseconds, milliseconds } from "../units.ts";
import { FadingPeak } from "./fading-peak.ts";

// How the share of lost fragments that are repaired follows what is seen: a peer that sends nothing again is known
// after two dozen losses, one that begins with it after a few copies.
const FAILURE_WEIGHT = 1 / 16;
const SUCCESS_WEIGHT = 1 / 4;

// Below this share waiting costs more than it saves.
const WORTHWHILE = 1 / 4;

// Losses that are given up together are one bad moment, and count no more than these.
const MOST_FAILURES = 16;

// The peak lasts: a wait that is too long is rarely noticed, one that is too short loses a packet.
const PEAK_KEPT = 31 / 32;
const FACTOR = 1.25;
const SLACK = 15;

// The peer reports losses after 10 ms, and everything within 66: what a copy takes beside a round trip, usually.
const REPORT_GAP = 50;
const UNMEASURED_ROUND_TRIP = 150;

// After this time the peer calls a busy link silent, and sends what was under way on it again on others.
const SILENT_AFTER = 150;

/**
 * How long a bundle waits for the copy of a fragment that is lost on its link: as copies lately took, and not at all
 * while hardly any come. One that comes too late shows that the peer sends again, so no wait is needed to find out.
 */
export class RepairWait {
  readonly #peak = new FadingPeak(PEAK_KEPT);
  /** The share of lost fragments that copies repaired, or could have. */
  #repairedShare = 1;
  readonly #links: readonly MemberLink[];
  readonly #limit: Milliseconds;

  /** No wait is longer than `limit`. */
  constructor(links: readonly MemberLink[], limit: Milliseconds) {
    this.#links = links;
    this.#limit = limit;
  }

  /** Whether copies are waited for. */
  get isWorthwhile(): boolean {
    return this.#repairedShare >= WORTHWHILE;
  }

  /** The wait from when a fragment is lost on its link; 0 when it is in vain. */
  get duration(): Milliseconds {
    if (!this.isWorthwhile) return milliseconds(0);
    const peak = this.#peak.value;
    const wait = peak === undefined ? this.#expected() : FACTOR * peak + SLACK;
    return milliseconds(Math.min(wait, this.#limit));
  }

  /** The wait beyond the skew for what may be on a link that has fallen silent; 0 when it is in vain. */
  get silentDuration(): Milliseconds {
    if (!this.isWorthwhile) return milliseconds(0);
    return milliseconds(Math.min(SILENT_AFTER + this.#expected(), this.#limit));
  }

  /** Notes a copy that came so long after its fragment was lost, in time or not. */
  onCopy(after: Milliseconds, now: Milliseconds): void {
    if (after > this.#limit) return;
    this.#repairedShare += (1 - this.#repairedShare) * SUCCESS_WEIGHT;
    // The first copies are often the quick ones.
    if (this.#peak.value === undefined) this.#peak.sample(this.#expected(), now);
    this.#peak.sample(after, now);
  }

  /** Notes lost fragments that were given up together. */
  onGivenUp(count: number): void {
    this.#repairedShare *= (1 - FAILURE_WEIGHT) ** Math.min(count, MOST_FAILURES);
  }

  /** What a copy takes by what is known of the links: the slowest has to report, and the copy to come. */
  #expected(): Milliseconds {
    let slowest = 0;
    for (const { isUp, roundTripTime } of this.#links) {
      if (isUp) slowest = Math.max(slowest, roundTripTime.smoothed ?? UNMEASURED_ROUND_TRIP);
    }
    return milliseconds(slowest + REPORT_GAP);
  }
}
