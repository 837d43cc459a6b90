import { type Milliseconds, milliseconds } from "../units.ts";
import type { RoundTripTime } from "./round-trip-time.ts";

// RFC 9002 §6.1.2: kTimeThreshold and kGranularity.
const TIME_THRESHOLD = 9 / 8;
const GRANULARITY = milliseconds(1);
// RFC 9002 §6.2.2: kInitialRtt, with the threshold.
const INITIAL_PATIENCE = milliseconds((333 * 9) / 8);

// A receiver holds its report for 66 ms at most, unless its line back is slow, and one or two may be lost.
const REPORT_PATIENCE = milliseconds(250);

/** How long a packet is waited for before it counts as lost, by the round-trip time of its link. */
export class LossPatience {
  readonly #roundTripTime: RoundTripTime;
  #latest = milliseconds(0);
  #isSilent = false;

  constructor(roundTripTime: RoundTripTime) {
    this.#roundTripTime = roundTripTime;
  }

  /** Whether reports were overdue and none has come since. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** After its sending, for a packet of which a later one arrived (RFC 9002 §6.1.2). */
  get overtaken(): Milliseconds {
    const { smoothed } = this.#roundTripTime;
    if (smoothed === undefined) return INITIAL_PATIENCE;
    return milliseconds(Math.max(GRANULARITY, TIME_THRESHOLD * Math.max(smoothed, this.#latest)));
  }

  /** After its sending, for a packet after which nothing is known to have arrived. */
  get unanswered(): Milliseconds {
    const { smoothed, variation } = this.#roundTripTime;
    // Not longer each time (RFC 9002 §6.2.1), as on a silent link a few packets only are tried.
    return milliseconds(REPORT_PATIENCE + (smoothed === undefined ? INITIAL_PATIENCE : 2 * smoothed + 4 * variation));
  }

  /** Takes a measured round trip, for the link's round-trip time too. */
  sample(roundTrip: Milliseconds, now: Milliseconds): void {
    this.#latest = roundTrip;
    this.#roundTripTime.sample(roundTrip, now);
  }

  onSilence(): void {
    this.#isSilent = true;
  }

  onAnswer(): void {
    this.#isSilent = false;
  }
}
