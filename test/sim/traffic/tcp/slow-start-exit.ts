import type { AckReport } from "./congestion-control.ts";

// Linux, tcp_cubic.c.
const LEAST_WINDOW = 16;
const LEAST_SAMPLES = 8;
const TRAIN_SPACING = 2;
const LEAST_DELAY_RISE = 4;
const LARGEST_DELAY_RISE = 16;
// What four super-packets take, which is at most this.
const LARGEST_BURST_DURATION = 1;
const BURST_SEGMENTS = 4 * 45;

/**
 * HyStart as in Linux without pacing: slow start ends when RTTs rise within a round, or a train of acknowledgements
 * takes half an RTT. Rounds are found as since Linux 6.14 and the long-term kernels of 2025, whatever the window.
 */
export class SlowStartExit {
  #roundEnd = 0;
  #roundStartedAt = 0;
  #lastAckAt = 0;
  #roundRtt = Number.POSITIVE_INFINITY;
  #samples = 0;
  #isFound = false;

  /** Whether slow start should end now, which it says once until `restart`; the smallest RTT is CUBIC's own. */
  isDue(window: number, smallestRtt: number, report: AckReport): boolean {
    if (this.#isFound) return false;
    if (report.first > this.#roundEnd) this.#startRound(report);
    if (window < LEAST_WINDOW) return false;
    this.#isFound = this.#isTrainLong(window, smallestRtt, report) || this.#hasDelayRisen(smallestRtt, report);
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

  #isTrainLong(window: number, smallestRtt: number, { now, smoothedRtt }: AckReport): boolean {
    if (now - this.#lastAckAt > TRAIN_SPACING) return false;
    this.#lastAckAt = now;
    const burstDuration = Math.min(LARGEST_BURST_DURATION, (BURST_SEGMENTS * smoothedRtt) / (2 * window));
    return now - this.#roundStartedAt > (smallestRtt + burstDuration) / 2;
  }

  #hasDelayRisen(smallestRtt: number, { rtt }: AckReport): boolean {
    this.#roundRtt = Math.min(this.#roundRtt, rtt);
    if (this.#samples < LEAST_SAMPLES) {
      this.#samples++;
      return false;
    }
    const rise = Math.min(LARGEST_DELAY_RISE, Math.max(LEAST_DELAY_RISE, smallestRtt / 8));
    return this.#roundRtt > smallestRtt + rise;
  }
}
