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

  constructor(board: Scoreboard) {
    this.#board = board;
  }

  /** Notes a segment that is about to be sent, before the scoreboard does. */
  onSend(now: number): void {
    const { first, next, sackedCount } = this.#board;
    if (next - first > sackedCount) return;
    this.#firstSentAt = now;
    this.#deliveredAt = now;
  }

  /** Writes down with a segment that was just sent what was delivered before. */
  stamp(segment: number): void {
    this.#board.noteDelivery(segment, this.delivered, this.#deliveredAt, this.#firstSentAt);
  }

  /** Notes a delivered segment, before the scoreboard forgets it. */
  onDelivered(segment: number, now: number): void {
    this.delivered++;
    this.#deliveredAt = now;
    const sentAt = this.#board.sentAt(segment);
    if (sentAt < this.#newestSentAt) return;
    this.#newestSentAt = sentAt;
    this.#deliveredBefore = this.#board.deliveredBefore(segment);
    this.#deliveredAtBefore = this.#board.deliveredAt(segment);
    this.#sendingTime = sentAt - this.#board.firstSentAt(segment);
    this.#firstSentAt = sentAt;
  }

  /** Puts the sample of an acknowledgement into its report; intervals below the smallest RTT are none. */
  report(into: AckReport, smallestRtt: number): void {
    into.delivered = this.delivered;
    into.rateInterval = -1;
    if (this.#deliveredBefore === NONE) return;
    const interval = Math.max(this.#sendingTime, this.#deliveredAt - this.#deliveredAtBefore);
    into.deliveredBefore = this.#deliveredBefore;
    into.rateSegments = this.delivered - this.#deliveredBefore;
    into.rateInterval = interval >= smallestRtt ? interval : -1;
    this.#deliveredBefore = NONE;
    this.#newestSentAt = Number.NEGATIVE_INFINITY;
  }
}
