import { AckAggregation } from "./ack-aggregation.ts";
import {
  type AckReport,
  burstOf,
  type CongestionCause,
  type CongestionControl,
  INITIAL_WINDOW,
} from "./congestion-control.ts";
import { MaximumFilter } from "./maximum-filter.ts";

// Linux, tcp_bbr.c (version 1). Gains are factors of the estimated bandwidth or of the bandwidth-delay product.
const HIGH_GAIN = 2.885;
const WINDOW_GAIN = 2;
const CYCLE_GAINS = [1.25, 0.75, 1, 1, 1, 1, 1, 1];
const PACING_MARGIN = 0.99;
const BANDWIDTH_ROUNDS = 10;
const LEAST_WINDOW = 4;
const FULL_GROWTH = 1.25;
const FULL_ROUNDS = 3;
const RTT_LIFETIME = 10_000;
const PROBE_RTT_DURATION = 200;

// What keeps a sender busy in spite of bursts and delayed acknowledgements.
const BURSTS_IN_WINDOW = 3;

type Mode = "startup" | "drain" | "probe bandwidth" | "probe RTT";

const PACING_GAINS = { startup: HIGH_GAIN, drain: 1 / HIGH_GAIN, "probe RTT": 1 } as const;

/** BBR version 1 as in Linux, without its long-term estimate for policed lines. Ignores ECN, as that does. */
export class BbrControl implements CongestionControl {
  window = INITIAL_WINDOW;
  readonly threshold = Number.POSITIVE_INFINITY;
  /** As for an RTT of 1 ms, before the first one is measured. */
  pacingRate = HIGH_GAIN * INITIAL_WINDOW;
  readonly #bandwidth = new MaximumFilter(BANDWIDTH_ROUNDS);
  readonly #aggregation = new AckAggregation();
  #mode: Mode = "startup";
  #round = 0;
  #roundEnd = 0;
  #isRoundStart = false;
  #cyclePhase: number;
  #cycleStart = 0;
  #fullBandwidth = 0;
  #fullCount = 0;
  #isFull = false;
  #smallestRtt = Number.POSITIVE_INFINITY;
  #smallestRttAt = 0;
  #probeRttEnd = -1;
  #isProbeRttRoundDone = false;
  #windowBefore = 0;
  #wasRecovering = false;
  #isConserving = false;
  #hasRtt = false;

  /** `phase` is where in its cycle of eight phases it starts to probe, which Linux draws by chance. */
  constructor(phase = 0) {
    this.#cyclePhase = phase % CYCLE_GAINS.length;
  }

  onSent(): void {
    // The window alone decides.
  }

  onAck(report: AckReport): void {
    this.#updateBandwidth(report);
    this.#aggregation.onAck(report, this.#bandwidth.maximum, this.#isRoundStart, this.window);
    this.#updateCycle(report);
    this.#checkFull();
    this.#checkDrained(report);
    this.#updateSmallestRtt(report);
    this.#setPacingRate(report);
    this.#setWindow(report);
  }

  onCongestion(cause: CongestionCause, inFlight: number): void {
    if (cause === "ecn") return;
    this.#saveWindow();
    if (cause !== "timeout") return;
    this.#wasRecovering = true;
    this.#fullBandwidth = 0;
    this.#isRoundStart = true;
    this.window = inFlight + 1;
  }

  onRecoveryEnd(): void {
    // The next acknowledgement sees that recovery is over.
  }

  onUndo(): void {
    this.#fullBandwidth = 0;
    this.#fullCount = 0;
    this.window = Math.max(this.window, this.#windowBefore);
  }

  #updateBandwidth(report: AckReport): void {
    this.#isRoundStart = false;
    if (report.rateInterval <= 0) return;
    if (report.deliveredBefore >= this.#roundEnd) {
      this.#roundEnd = report.delivered;
      this.#round++;
      this.#isRoundStart = true;
      this.#isConserving = false;
    }
    this.#bandwidth.add(report.rateSegments / report.rateInterval, this.#round);
  }

  #updateCycle(report: AckReport): void {
    if (this.#mode !== "probe bandwidth" || !this.#isPhaseOver(report)) return;
    this.#cyclePhase = (this.#cyclePhase + 1) % CYCLE_GAINS.length;
    this.#cycleStart = report.now;
  }

  #isPhaseOver(report: AckReport): boolean {
    const gain = this.#cycleGain;
    const isLongEnough = report.now - this.#cycleStart > this.#smallestRtt;
    if (gain === 1) return isLongEnough;
    if (gain < 1) return isLongEnough || report.inFlightBefore <= this.#inFlightFor(1);
    return isLongEnough && (report.newlyLost > 0 || report.inFlightBefore >= this.#inFlightFor(gain));
  }

  #checkFull(): void {
    if (this.#isFull || !this.#isRoundStart) return;
    if (this.#bandwidth.maximum >= this.#fullBandwidth * FULL_GROWTH) {
      this.#fullBandwidth = this.#bandwidth.maximum;
      this.#fullCount = 0;
      return;
    }
    this.#isFull = ++this.#fullCount >= FULL_ROUNDS;
  }

  #checkDrained(report: AckReport): void {
    if (this.#mode === "startup" && this.#isFull) this.#mode = "drain";
    if (this.#mode === "drain" && report.inFlight <= this.#inFlightFor(1)) this.#probeBandwidth(report.now);
  }

  #probeBandwidth(now: number): void {
    this.#mode = "probe bandwidth";
    this.#cycleStart = now;
    // Any phase but the one that drains.
    if (this.#cyclePhase === 1) this.#cyclePhase = 2;
  }

  #updateSmallestRtt(report: AckReport): void {
    const { now, rtt } = report;
    const isExpired = now > this.#smallestRttAt + RTT_LIFETIME;
    if (rtt >= 0 && (rtt < this.#smallestRtt || isExpired)) {
      this.#smallestRtt = rtt;
      this.#smallestRttAt = now;
    }
    if (isExpired && this.#mode !== "probe RTT") {
      this.#saveWindow();
      this.#mode = "probe RTT";
      this.#probeRttEnd = -1;
    }
    if (this.#mode === "probe RTT") this.#probeRtt(report);
  }

  #probeRtt(report: AckReport): void {
    const { now } = report;
    if (this.#probeRttEnd < 0) {
      if (report.inFlight > LEAST_WINDOW) return;
      this.#probeRttEnd = now + PROBE_RTT_DURATION;
      this.#isProbeRttRoundDone = false;
      this.#roundEnd = report.delivered;
      return;
    }
    if (this.#isRoundStart) this.#isProbeRttRoundDone = true;
    if (!this.#isProbeRttRoundDone || now <= this.#probeRttEnd) return;
    this.#smallestRttAt = now;
    this.window = Math.max(this.window, this.#windowBefore);
    if (this.#isFull) this.#probeBandwidth(now);
    else this.#mode = "startup";
  }

  #setPacingRate(report: AckReport): void {
    if (!this.#hasRtt && report.smoothedRtt > 0) {
      this.#hasRtt = true;
      this.pacingRate = (HIGH_GAIN * INITIAL_WINDOW * PACING_MARGIN) / report.smoothedRtt;
    }
    const rate = this.#pacingGain * this.#bandwidth.maximum * PACING_MARGIN;
    if (rate > 0 && (this.#isFull || rate > this.pacingRate)) this.pacingRate = rate;
  }

  #setWindow(report: AckReport): void {
    const acked = report.newlyDelivered;
    if (acked > 0 && !this.#recoverOrRestore(report)) {
      const target = this.#inFlightFor(this.#windowGain) + (this.#isFull ? this.#aggregation.allowance : 0);
      if (this.#isFull) this.window = Math.min(this.window + acked, target);
      else if (this.window < target || report.delivered < INITIAL_WINDOW) this.window += acked;
      this.window = Math.max(this.window, LEAST_WINDOW);
    }
    if (this.#mode === "probe RTT") this.window = Math.min(this.window, LEAST_WINDOW);
  }

  /** Keeps the packets in flight through the first round of a recovery; true when that decides the window. */
  #recoverOrRestore(report: AckReport): boolean {
    const floor = report.inFlight + report.newlyDelivered;
    if (report.newlyLost > 0) this.window = Math.max(1, this.window - report.newlyLost);
    if (report.isRecovering && !this.#wasRecovering) {
      this.#isConserving = true;
      this.#roundEnd = report.delivered;
      this.window = floor;
    } else if (this.#wasRecovering && !report.isRecovering) {
      this.window = Math.max(this.window, this.#windowBefore);
      this.#isConserving = false;
    }
    this.#wasRecovering = report.isRecovering;
    if (this.#isConserving) this.window = Math.max(this.window, floor);
    return this.#isConserving;
  }

  #saveWindow(): void {
    const isNew = !this.#wasRecovering && this.#mode !== "probe RTT";
    this.#windowBefore = isNew ? this.window : Math.max(this.#windowBefore, this.window);
  }

  #inFlightFor(gain: number): number {
    if (this.#smallestRtt === Number.POSITIVE_INFINITY) return INITIAL_WINDOW;
    const slack = BURSTS_IN_WINDOW * burstOf(this.pacingRate);
    const product = Math.ceil(gain * this.#bandwidth.maximum * this.#smallestRtt) + slack;
    return this.#mode === "probe bandwidth" && this.#cyclePhase === 0 ? product + 2 : product;
  }

  get #cycleGain(): number {
    return CYCLE_GAINS[this.#cyclePhase] ?? 1;
  }

  get #pacingGain(): number {
    return this.#mode === "probe bandwidth" ? this.#cycleGain : PACING_GAINS[this.#mode];
  }

  get #windowGain(): number {
    if (this.#mode === "probe bandwidth") return WINDOW_GAIN;
    return this.#mode === "probe RTT" ? 1 : HIGH_GAIN;
  }
}
