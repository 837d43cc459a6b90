import type { AckReport } from "./congestion-control.ts";
import type { Scoreboard } from "./scoreboard.ts";

const NONE = -1;

/** The delivery rate as tcp_rate.c measures it: what was delivered since the newest delivered segment was sent. */
export class RateSampler {
  readonly #board: Scoreboard;
  /** Segments delivered in all, and when the last one was. */
  delivered = 0;
  #deliveredAt = 0;
  #firstSentAt = 0;
  #newestSentAt = Number.NEGATIVE_INFINITY;
  #deliveredBefore = NONE;
  #deliveredAtBefore = 0;
  #sendingTime = 0;
  /** Until how many are delivered, samples say little of the line. */
  #limitedUntil = 0;
  #wasLimited = false;

  constructor(board: Scoreboard) {
    this.#board = board;
  }

  /** Notes that what is in flight now, and what follows, is less than the line carries. */
  limit(): void {
    this.#limitedUntil = Math.max(1, this.delivered + this.#board.inFlight);
  }

  /** Notes a segment that is about to be sent, before the scoreboard does. */
  onSend(now: number): void {
    if (this.#board.next > this.#board.first) return;
    this.#firstSentAt = now;
    this.#deliveredAt = now;
  }

  /** Writes down with a segment that was just sent what was delivered before. */
  stamp(segment: number): void {
    // The sign tells whether the sample will be limited.
    const delivered = this.#limitedUntil > 0 ? NONE - this.delivered : this.delivered;
    this.#board.noteDelivery(segment, delivered, this.#deliveredAt, this.#firstSentAt);
  }

  /** Notes a delivered segment, before the scoreboard forgets it. */
  onDelivered(segment: number, now: number): void {
    this.delivered++;
    this.#deliveredAt = now;
    const sentAt = this.#board.sentAt(segment);
    if (sentAt < this.#newestSentAt) return;
    this.#newestSentAt = sentAt;
    const before = this.#board.deliveredBefore(segment);
    this.#wasLimited = before < 0;
    this.#deliveredBefore = this.#wasLimited ? NONE - before : before;
    this.#deliveredAtBefore = this.#board.deliveredAt(segment);
    this.#sendingTime = sentAt - this.#board.firstSentAt(segment);
    this.#firstSentAt = sentAt;
  }

  /** Puts the sample of an acknowledgement into its report; intervals below the smallest RTT are none. */
  report(into: AckReport, smallestRtt: number): void {
    if (this.delivered > this.#limitedUntil) this.#limitedUntil = 0;
    into.delivered = this.delivered;
    into.rateInterval = -1;
    into.isApplicationLimited = this.#wasLimited;
    if (this.#deliveredBefore === NONE) return;
    const interval = Math.max(this.#sendingTime, this.#deliveredAt - this.#deliveredAtBefore);
    into.deliveredBefore = this.#deliveredBefore;
    into.rateSegments = this.delivered - this.#deliveredBefore;
    into.rateInterval = interval >= smallestRtt ? interval : -1;
    this.#deliveredBefore = NONE;
    this.#newestSentAt = Number.NEGATIVE_INFINITY;
  }
}
