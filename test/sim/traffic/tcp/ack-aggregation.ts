import type { AckReport } from "./congestion-control.ts";

// Linux, tcp_bbr.c: bbr_update_ack_aggregation.
const ROUNDS_PER_WINDOW = 5;
const LONGEST_ALLOWANCE = 100;

/** By how many segments acknowledgements come in bursts beyond the bandwidth, so that BBR's window covers the gaps. */
export class AckAggregation {
  readonly #extra = [0, 0];
  #current = 0;
  #rounds = 0;
  #epochStart = 0;
  #epochAcked = 0;
  #bandwidth = 0;

  onAck(report: AckReport, bandwidth: number, isRoundStart: boolean, window: number): void {
    this.#bandwidth = bandwidth;
    if (report.newlyDelivered <= 0 || report.rateInterval <= 0) return;
    if (isRoundStart && ++this.#rounds >= ROUNDS_PER_WINDOW) {
      this.#rounds = 0;
      this.#current = 1 - this.#current;
      this.#extra[this.#current] = 0;
    }
    let expected = bandwidth * (report.now - this.#epochStart);
    if (this.#epochAcked <= expected) {
      this.#epochAcked = 0;
      this.#epochStart = report.now;
      expected = 0;
    }
    this.#epochAcked += report.newlyDelivered;
    const extra = Math.min(this.#epochAcked - expected, window);
    this.#extra[this.#current] = Math.max(this.#extra[this.#current] ?? 0, extra);
  }

  /** Segments to add to the window. */
  get allowance(): number {
    return Math.min(Math.max(...this.#extra), this.#bandwidth * LONGEST_ALLOWANCE);
  }
}
