import {
  type AckReport,
  type CongestionCause,
  type CongestionControl,
  INITIAL_WINDOW,
} from "./congestion-control.ts";

/** How a loss-based window grows and shrinks. Sizes are in whole segments, times in milliseconds. */
export interface Growth {
  /** The threshold after congestion at this window. */
  reduced(window: number): number;
  /** In congestion avoidance: how many acknowledged segments make the window one larger. */
  acksPerSegment(window: number, acked: number, report: AckReport): number;
  /** Takes the RTT of every acknowledgement; whether slow start should end at this window, though nothing is lost. */
  endsSlowStart(window: number, isInSlowStart: boolean, report: AckReport): boolean;
  onTimeout(): void;
}

/**
 * Slow start, congestion avoidance, and proportional rate reduction (RFC 6937) in recovery as Linux does them, around
 * the growth of Reno or CUBIC.
 */
export class LossBasedControl implements CongestionControl {
  readonly pacingRate = Number.POSITIVE_INFINITY;
  readonly isHoldingBack = false;
  readonly #growth: Growth;
  #window = INITIAL_WINDOW;
  #threshold = Number.POSITIVE_INFINITY;
  #credit = 0;
  #isReducing = false;
  #windowBefore = 0;
  #thresholdBefore = 0;
  #deliveredInRecovery = 0;
  #sentInRecovery = 0;

  constructor(growth: Growth) {
    this.#growth = growth;
  }

  get window(): number {
    return this.#window;
  }

  get threshold(): number {
    return this.#threshold;
  }

  onConnected(): void {
    // CUBIC's smallest RTT is that of data.
  }

  onSent(): void {
    if (this.#isReducing) this.#sentInRecovery++;
  }

  onAck(report: AckReport): void {
    const isInSlowStart = this.#window < this.#threshold;
    if (this.#growth.endsSlowStart(this.#window, isInSlowStart, report)) this.#threshold = this.#window;
    if (this.#isReducing) this.#reduceInProportion(report);
    else if (report.mayGrow) this.#grow(report);
  }

  onCongestion(cause: CongestionCause, inFlight: number): void {
    if (cause !== "another timeout") {
      this.#windowBefore = this.#window;
      this.#thresholdBefore = this.#threshold;
      this.#threshold = Math.max(2, this.#growth.reduced(this.#window));
    }
    this.#credit = 0;
    this.#deliveredInRecovery = 0;
    this.#sentInRecovery = 0;
    this.#isReducing = cause === "loss" || cause === "ecn";
    if (!this.#isReducing) this.#growth.onTimeout();
    if (cause !== "ecn") this.#window = inFlight + 1;
  }

  onRecoveryEnd(): void {
    if (this.#isReducing) this.#window = this.#threshold;
    this.#isReducing = false;
  }

  onUndo(): void {
    this.#window = Math.max(this.#window, this.#windowBefore);
    this.#threshold = Math.max(this.#threshold, this.#thresholdBefore);
    this.#isReducing = false;
  }

  #grow(report: AckReport): void {
    // In slow start the window grows to what could be in flight in the next round.
    const isGrowingFast = this.#window < this.#threshold && this.#window < 2 * report.mostOut;
    if (!report.isWindowLimited && !isGrowingFast) return;
    let acked = report.newlyDelivered;
    if (this.#window < this.#threshold) {
      const grown = Math.min(this.#window + acked, this.#threshold);
      acked -= grown - this.#window;
      this.#window = grown;
    }
    if (acked > 0) this.#avoidCongestion(acked, this.#growth.acksPerSegment(this.#window, acked, report));
  }

  // Linux, tcp_cong_avoid_ai: what was saved up at a slower growth counts for one segment at most.
  #avoidCongestion(acked: number, acksPerSegment: number): void {
    if (this.#credit >= acksPerSegment) {
      this.#credit = 0;
      this.#window++;
    }
    this.#credit += acked;
    const grown = Math.floor(this.#credit / acksPerSegment);
    this.#credit -= grown * acksPerSegment;
    this.#window += grown;
  }

  #reduceInProportion(report: AckReport): void {
    if (report.newlyDelivered <= 0) return;
    this.#deliveredInRecovery += report.newlyDelivered;
    const room = this.#threshold - report.inFlight;
    let allowed: number;
    if (room < 0) {
      const share = Math.ceil((this.#threshold * this.#deliveredInRecovery) / Math.max(1, this.#windowBefore));
      allowed = share - this.#sentInRecovery;
    } else {
      allowed = Math.max(this.#deliveredInRecovery - this.#sentInRecovery, report.newlyDelivered);
      if (report.hasAdvanced && report.newlyLost === 0) allowed++;
      allowed = Math.min(room, allowed);
    }
    this.#window = report.inFlight + Math.max(allowed, this.#sentInRecovery > 0 ? 0 : 1);
  }
}
