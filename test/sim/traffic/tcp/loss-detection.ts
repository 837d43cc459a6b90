import type { RoundTrip } from "./round-trip.ts";
import type { Scoreboard } from "./scoreboard.ts";
import { TICK } from "./ticks.ts";

const NONE = -1;

// RFC 8985 §6.2 and, for the numbers in segments, Linux.
const DUPLICATE_THRESHOLD = 3;
const LARGEST_REORDERING = 300;
const RECOVERIES_TO_PERSIST = 16;
const LEAST_WAIT = 2 * TICK;

/**
 * RACK (RFC 8985) as Linux does it: a segment is lost when one that was sent later has arrived, and a reordering window
 * has passed since. The window is zero while no reordering was seen and there are enough duplicate acknowledgements; it
 * grows by a quarter of the smallest RTT for each round trip with a spurious retransmission, up to the smoothed RTT.
 */
export class LossDetection {
  readonly #board: Scoreboard;
  readonly #roundTrip: RoundTrip;
  #sentAt = Number.NEGATIVE_INFINITY;
  #segment = NONE;
  #rtt = 0;
  #steps = 1;
  #stepsPersist = 0;
  #stepsRaisedAt = 0;
  #reordering = DUPLICATE_THRESHOLD;
  #hasReordered = false;
  #highestBefore = 0;
  /** When segments may be taken as lost although nothing arrives. */
  deadline = Number.POSITIVE_INFINITY;

  constructor(board: Scoreboard, roundTrip: RoundTrip) {
    this.#board = board;
    this.#roundTrip = roundTrip;
  }

  /** How many places a segment may be late, as far as seen: 3 at first. */
  get reordering(): number {
    return this.#reordering;
  }

  /** Begins with an acknowledgement. */
  startAck(): void {
    this.#highestBefore = this.#board.highestSacked;
  }

  /** Notes a segment that has arrived now, before the scoreboard forgets it. */
  onDelivered(segment: number, now: number): void {
    const board = this.#board;
    const sentAt = board.sentAt(segment);
    const rtt = now - sentAt;
    if (board.wasSentAgain(segment)) {
      // It may be the first transmission that has arrived.
      if (rtt < this.#roundTrip.smallest) return;
    } else if (segment < this.#highestBefore) {
      this.#noteReordering(segment);
    }
    this.#rtt = rtt;
    if (sentAt < this.#sentAt || (sentAt === this.#sentAt && segment < this.#segment)) return;
    this.#sentAt = sentAt;
    this.#segment = segment;
  }

  /** Notes that the receiver got a segment twice: at most one step in a round trip. */
  onDuplicate(now: number): void {
    if (!this.#hasReordered || now - this.#stepsRaisedAt < this.#roundTrip.smoothed) return;
    this.#stepsRaisedAt = now;
    this.#steps = Math.min(255, this.#steps + 1);
    this.#stepsPersist = RECOVERIES_TO_PERSIST;
  }

  /** Notes that the first transmission of a segment was acknowledged although it was taken as lost. */
  onLateArrival(segment: number): void {
    if (segment < this.#board.highestSacked) this.#noteReordering(segment);
  }

  onRecoveryEnd(): void {
    if (this.#stepsPersist > 0 && --this.#stepsPersist === 0) this.#steps = 1;
  }

  /** Marks what is lost by now; returns how many segments. */
  detect(isRecovering: boolean, now: number): number {
    const board = this.#board;
    const patience = this.#rtt + this.#reorderingWindow(isRecovering);
    this.deadline = Number.POSITIVE_INFINITY;
    let count = 0;
    for (let segment = board.oldest; segment !== NONE; ) {
      const sentAt = board.sentAt(segment);
      if (sentAt > this.#sentAt || (sentAt === this.#sentAt && segment >= this.#segment)) break;
      const following = board.newerThan(segment);
      if (sentAt + patience <= now) {
        board.markLost(segment);
        count++;
      } else {
        // Linux's timer waits for all that may be lost, and never less than two ticks.
        this.deadline = this.#sentAt + patience + LEAST_WAIT;
        break;
      }
      segment = following;
    }
    return count;
  }

  /** Marks what a timeout means as lost: the first segment, and all that was not sent just now. */
  detectByTimeout(now: number): void {
    const board = this.#board;
    for (let segment = board.oldest; segment !== NONE; ) {
      const following = board.newerThan(segment);
      if (segment === board.first || board.sentAt(segment) + this.#rtt <= now) board.markLost(segment);
      segment = following;
    }
    this.deadline = Number.POSITIVE_INFINITY;
  }

  #noteReordering(segment: number): void {
    const places = Math.max(this.#highestBefore, this.#board.highestSacked) - segment;
    this.#hasReordered = true;
    this.#reordering = Math.min(LARGEST_REORDERING, Math.max(this.#reordering, places));
  }

  #reorderingWindow(isRecovering: boolean): number {
    if (!this.#hasReordered && (isRecovering || this.#board.sackedCount >= this.#reordering)) return 0;
    return Math.min((this.#roundTrip.smallest / 4) * this.#steps, this.#roundTrip.smoothed);
  }
}
