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

const BURSTS_IN_WINDOW = 3;

type Mode = "startup" | "drain" | "probe bandwidth" | "probe RTT";

const PACING_GAINS = { startup: HIGH_GAIN, drain: 1 / HIGH_GAIN, "probe RTT": 1 } as const;

/** BBR version 1 as in Linux, without its long-term estimate for policed lines. Ignores ECN, as that does. */
export class BbrControl implements CongestionControl {
  window = INITIAL_WINDOW;
  readonly threshold = Number.POSITIVE_INFINITY;
  /** As for an RTT of 1 ms, before the first one is measured. */
  pacingRate = HIGH_GAIN * INITIAL_WINDOW * PACING_MARGIN;
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

  get isHoldingBack(): boolean {
    return this.#mode === "probe RTT";
  }

  onConnected(rtt: number): void {
    this.#hasRtt = true;
    this.pacingRate = (HIGH_GAIN * INITIAL_WINDOW * PACING_MARGIN) / rtt;
  }

  onSent(): void {
    // The window alone decides.
  }

  onAck(report: AckReport): void {
    this.#updateBandwidth(report);
    this.#aggregation.onAck(report, this.#bandwidth.maximum, this.#isRoundStart, this.window);
    this.#updateCycle(report);
    this.#checkFull(report);
    this.#checkDrained(report);
    this.#updateSmallestRtt(report);
    this.#setPacingRate(report);
    this.#setWindow(report);
  }

  onCongestion(cause: CongestionCause, inFlight: number): void {
    if (cause === "ecn") return;
    if (cause !== "another timeout") this.#saveWindow();
    if (cause === "loss") return;
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
    const bandwidth = report.rateSegments / report.rateInterval;
    if (!report.isApplicationLimited || bandwidth >= this.#bandwidth.maximum) {
      this.#bandwidth.add(bandwidth, this.#round);
    }
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

  #checkFull(report: AckReport): void {
    if (this.#isFull || !this.#isRoundStart || report.isApplicationLimited) return;
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
    if (!this.#hasRtt && report.smoothedRtt > 0) this.onConnected(report.smoothedRtt);
    const rate = this.#pacingGain * this.#bandwidth.maximum * PACING_MARGIN;
    if (rate > 0 && (this.#isFull || rate > this.pacingRate)) this.pacingRate = rate;
  }

  #setWindow(report: AckReport): void {
    const acked = report.newlyDelivered;
    if (acked > 0 && !this.#recoverOrRestore(report)) {
      const target = this.#inFlightFor(this.#windowGain, this.#isFull ? this.#aggregation.allowance : 0);
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

  #inFlightFor(gain: number, allowance = 0): number {
    if (this.#smallestRtt === Number.POSITIVE_INFINITY) return INITIAL_WINDOW;
    const product = Math.ceil(gain * this.#bandwidth.maximum * this.#smallestRtt);
    return this.#roundedUp(product + Math.floor(allowance));
  }

  /** Adds what keeps a sender busy in spite of bursts, to an even number for delayed acknowledgements' sake. */
  #roundedUp(segments: number): number {
    const withBursts = Math.ceil((segments + BURSTS_IN_WINDOW * burstOf(this.pacingRate)) / 2) * 2;
    return this.#mode === "probe bandwidth" && this.#cyclePhase === 0 ? withBursts + 2 : withBursts;
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
