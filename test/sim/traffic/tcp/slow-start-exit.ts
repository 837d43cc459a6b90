import type { AckReport } from "./congestion-control.ts";

// Linux, tcp_cubic.c.
const LEAST_WINDOW = 16;
const LEAST_SAMPLES = 8;
const TRAIN_SPACING = 2;
const LEAST_DELAY_RISE = 4;
const LARGEST_DELAY_RISE = 16;

/** HyStart as in Linux: slow start ends when RTTs rise within a round, or a train of acknowledgements takes half an RTT. */
export class SlowStartExit {
  #roundEnd = 0;
  #roundStartedAt = 0;
  #lastAckAt = 0;
  #roundRtt = Number.POSITIVE_INFINITY;
  #samples = 0;
  #isFound = false;

  /** Whether slow start should end now; true at most once until `restart`. */
  isDue(window: number, report: AckReport): boolean {
    if (this.#isFound || window < LEAST_WINDOW || report.rtt < 0) return false;
    if (report.first > this.#roundEnd) this.#startRound(report);
    this.#isFound = this.#isTrainLong(report) || this.#hasDelayRisen(report);
    return this.#isFound;
  }

  restart(): void {
    this.#isFound = false;
    this.#roundEnd = 0;
  }

  #startRound(report: AckReport): void {
    this.#roundEnd = report.next;
    this.#roundStartedAt = report.now;
    this.#lastAckAt = report.now;
    this.#roundRtt = Number.POSITIVE_INFINITY;
    this.#samples = 0;
  }

  #isTrainLong({ now, smallestRtt }: AckReport): boolean {
    if (now - this.#lastAckAt > TRAIN_SPACING) return false;
    this.#lastAckAt = now;
    return now - this.#roundStartedAt > smallestRtt / 2;
  }

  #hasDelayRisen({ rtt, smallestRtt }: AckReport): boolean {
    this.#roundRtt = Math.min(this.#roundRtt, rtt);
    if (this.#samples < LEAST_SAMPLES) {
      this.#samples++;
      return false;
    }
    const rise = Math.min(LARGEST_DELAY_RISE, Math.max(LEAST_DELAY_RISE, smallestRtt / 8));
    return this.#roundRtt > smallestRtt + rise;
  }
}
