import { type Milliseconds, milliseconds, NEVER } from "../units.ts";
import type { RoundTripTime } from "./round-trip-time.ts";

// RFC 9002 §6.1.2: kTimeThreshold and kGranularity.
const TIME_THRESHOLD = 9 / 8;
const GRANULARITY = milliseconds(1);
// RFC 9002 §6.2.2: kInitialRtt, with the threshold.
const INITIAL_PATIENCE = milliseconds((333 * 9) / 8);

// A receiver holds its report for 66 ms at most, unless its line back is slow; and both ends take turns at a processor.
const LONGEST_HOLD = 66;
const SLACK = 20;

// A link on which reports are overdue for this long is suspect, or for three times the usual gap between them.
const LEAST_SILENCE = 150;
const SILENT_GAPS = 3;
const GAP_WEIGHT = 1 / 8;
const LARGEST_GAP = 1000;

// A report of what was sent longer ago than this and a round trip says nothing of whether the link works now.
const FRESH = 100;
// Reports that come by another link in turns with this one are not farther apart.
const FREQUENT = 400;

/** How long a packet is waited for before it counts as lost, by the round-trip time of its link. */
export class LossPatience {
  readonly #roundTripTime: RoundTripTime;
  #latest = milliseconds(0);
  #isSilent = false;
  #reportedAt = milliseconds(Number.NEGATIVE_INFINITY);
  #gap = 0;
  #aroundAt = milliseconds(Number.NEGATIVE_INFINITY);

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

  /** When a link is silent on which the oldest packet that nothing is known of was sent at `sentAt`. */
  unansweredAt(sentAt: Milliseconds): Milliseconds {
    const { smoothed, variation } = this.#roundTripTime;
    // Not longer each time (RFC 9002 §6.2.1), as on a silent link a few packets only are tried.
    const roundTrip = smoothed === undefined ? INITIAL_PATIENCE + LEAST_SILENCE : smoothed + 4 * variation;
    const due = sentAt + roundTrip + LONGEST_HOLD + SLACK;
    const silence = this.#reportedAt + Math.max(LEAST_SILENCE, SILENT_GAPS * this.#gap);
    return milliseconds(Math.max(due, silence));
  }

  /** Takes a measured round trip, for the link's round-trip time too. */
  sample(roundTrip: Milliseconds, now: Milliseconds): void {
    this.#latest = roundTrip;
    this.#roundTripTime.sample(roundTrip, now);
  }

  /**
   * When this link was heard of by a report that came by another link, of a packet that was sent at `sentAt`: at the time
   * at which it would have come by this one, or `NEVER` when it does not show that this link works. One is sent there,
   * too, when nothing more comes here: it has to be one of several, or on a silent link to tell of a moment ago.
   */
  heardAround(sentAt: Milliseconds, now: Milliseconds): Milliseconds {
    const isOneOfSeveral = now - this.#aroundAt < FREQUENT;
    this.#aroundAt = now;
    const isFresh = now - sentAt <= this.overtaken + FRESH;
    if (this.#isSilent ? !isFresh : !isOneOfSeveral) return NEVER;
    return milliseconds(Math.max(this.#reportedAt, Math.min(now, sentAt + this.overtaken)));
  }

  onSilence(): void {
    this.#isSilent = true;
  }

  /**
   * Notes a report, or whatever else proves that what is sent arrives, at a time when the oldest packet that nothing was
   * known of had been sent at `owedSince`, NEVER when there was none. While nothing is owed there is no gap.
   */
  onAnswer(owedSince: Milliseconds, now: Milliseconds): void {
    this.#isSilent = false;
    const gap = now - Math.max(this.#reportedAt, owedSince);
    this.#reportedAt = now;
    if (gap >= 0 && gap < LARGEST_GAP) this.#gap += (gap - this.#gap) * GAP_WEIGHT;
  }
}
