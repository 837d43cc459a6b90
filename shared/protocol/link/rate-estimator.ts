import { type BytesPerSecond, bytesPerSecond, type Milliseconds, milliseconds } from "../units.ts";
import type { Acknowledgement } from "./acknowledgement.ts";
import { ConfiguredRate, isSameLimits, type RateLimits } from "./configured-rate.ts";
import { DrainClock } from "./drain-clock.ts";
import { FoundCapacity, SMALLEST_RATE } from "./found-capacity.ts";
import { LossJudge } from "./loss-judge.ts";
import { PolicedWait } from "./policed-wait.ts";
import { QueueDelay } from "./queue-delay.ts";
import { MEASURED_BYTES, QueueTarget } from "./queue-target.ts";
import { pacedGain } from "./rate-gain.ts";
import { gainOf, LARGEST_STEP, type RateState, rateReason } from "./rate-state.ts";
import { type RateMeasurement, RateWindow } from "./rate-window.ts";
import type { RoundTripTime } from "./round-trip-time.ts";
import { StartWatch } from "./start-watch.ts";

const FEWEST_IN_FLIGHT = 14_280;

// Doubling shows in a shorter time.
const STARTING_SPAN = 0.6;

const FOLLOWING_WEIGHT = 0.7;
// A queue that stays longer than so many times the wanted one is perhaps none.
const LARGEST_WANTED = 1.5;
// How far one drain may lower the rate: its measurement is short.
const SUREST_FALL = 0.95;
const TELLING_SHARE = 0.4;

const ANY_TIME = milliseconds(Number.NEGATIVE_INFINITY);

const FULL_SHARE = 0.98;

/**
 * Finds and follows the rate of one direction of a line from reports. A short standing queue proves that the line is
 * full, and then what arrives is what the line carries; without one the rate rises, ever faster. Loss alone changes
 * nothing unless a higher rate brought it. A sender with little to send never lowers the rate.
 */
export class RateEstimator {
  readonly queue = new QueueDelay();
  readonly target = new QueueTarget();
  readonly #configured: ConfiguredRate;
  readonly #roundTripTime: RoundTripTime;
  readonly #window = new RateWindow();
  readonly #startWatch = new StartWatch();
  readonly #loss = new LossJudge();
  readonly #drains: DrainClock;
  readonly #policedWait = new PolicedWait();
  #state: RateState;
  readonly #found: FoundCapacity;
  #rate: BytesPerSecond;
  /** What is sent from here on has the present gain. */
  #roundStart: Milliseconds;

  constructor(limits: RateLimits, roundTripTime: RoundTripTime, now: Milliseconds) {
    this.#configured = new ConfiguredRate(limits);
    this.#roundTripTime = roundTripTime;
    this.#found = new FoundCapacity(this.#configured);
    this.#rate = this.#found.rate;
    this.#state = { kind: limits.kind === "ceiling" ? "at ceiling" : "starting", since: now };
    this.#roundStart = now;
    this.#drains = new DrainClock(roundTripTime, now);
  }

  /** For the pacer: how much to send at most. */
  get rate(): BytesPerSecond {
    return this.#rate;
  }

  /** What the line carries, as far as is known. */
  get capacity(): BytesPerSecond {
    return this.#found.rate;
  }

  /** When it was last found that clearly more was sent than the line carries. */
  get correctedAt(): Milliseconds {
    return this.#found.correctedAt;
  }

  /** How many bytes may be in flight at most, so that a line that stalls is not filled by a second of packets. */
  get inFlightLimit(): number {
    const roundTrip = this.#roundTripTime.minimum ?? 500;
    return Math.max(FEWEST_IN_FLIGHT, (this.#rate * (2 * roundTrip + 200)) / 1000);
  }

  /** What the operator allows. */
  get limits(): RateLimits {
    return this.#configured.limits;
  }

  get state(): RateState {
    return this.#state;
  }

  /** Why the rate is what it is, for people. */
  get reason(): string {
    return rateReason(this.#state, this.#found.rate, this.queue.current);
  }

  /** Whether the line was found to carry clearly less than the operator's ceiling or minimum. */
  get isConfiguredTooHigh(): boolean {
    return this.#configured.isTooHigh;
  }

  /** Whether the operator's ceiling was sent for ten seconds and nothing ever waited: the line may carry more. */
  get mayBeTooLow(): boolean {
    return this.#configured.mayBeTooLow;
  }

  /** How sure the rate is, 0 to 1. */
  confidence(now: Milliseconds): number {
    return this.#found.confidence(this.target.isRestless, now);
  }

  /** Takes a report's outcome. */
  onAcknowledgement(report: Acknowledgement): void {
    const { sentAt, now } = report;
    if (!report.isNewest || sentAt === undefined) return;
    this.queue.setRate(bytesPerSecond(Math.max(this.#found.rate, this.target.bestRate)));
    this.queue.sample(milliseconds(report.arrival - sentAt), report.size, now);
    this.target.update(this.#found.rate, this.queue, now);
    this.#window.push(report, this.queue.current);
    if (this.queue.current <= this.target.empty) this.#drains.onEmpty(now);
    this.#judge(now);
    this.#setRate(this.#predictQueue(report, sentAt), report);
  }

  /** Takes the limits that both ends agreed on, and starts anew when they differ from those before. */
  setLimits(limits: RateLimits, now: Milliseconds): void {
    if (isSameLimits(limits, this.#configured.limits)) return;
    this.#configured.setLimits(limits);
    this.restart(now);
  }

  /** Goes on after a time in which nothing arrived: what was measured until then does not count. */
  resume(now: Milliseconds): void {
    this.#window.clear();
    this.#loss.restart();
    this.#drains.onNoQueue();
    this.#roundStart = now;
  }

  /** Forgets the line, as when the link comes up on another path. */
  restart(now: Milliseconds): void {
    this.queue.restart();
    this.target.restart();
    this.#window.clear();
    this.#configured.restart();
    this.#found.restart();
    this.#rate = this.#found.rate;
    this.#enter({ kind: this.#configured.limits.kind === "ceiling" ? "at ceiling" : "starting", since: now }, now);
  }

  #judge(now: Milliseconds): void {
    const span = milliseconds(this.target.span * (this.#state.kind === "starting" ? STARTING_SPAN : 1));
    const { noise, isRestless } = this.target;
    // What fills a line adds to its queue all that is sent too much; this share of it tells enough.
    const telling = Math.max(noise, TELLING_SHARE * (gainOf(this.#state) - 1) * this.target.span);
    const recent = this.#window.measure(span, MEASURED_BYTES, ANY_TIME);
    if (recent !== undefined && this.target.isFilling(recent, telling)) return this.#follow(recent, now);
    // A line that always had a queue was full, however little was added to it.
    const busy = this.#window.measureBusy(span, MEASURED_BYTES, noise);
    // It may be a short one, beyond which all is lost.
    const isFull = busy !== undefined && (this.target.isFilling(busy, noise) || this.#loss.isUnusual(busy));
    if (isFull) return this.#follow(busy, now);
    if (isRestless) this.#prove(busy ?? recent, now);
    const round = this.#window.measure(span, MEASURED_BYTES, this.#roundStart);
    if (round === undefined) return;
    // A very short queue overflows before the wanted delay: what a full line loses is not usual.
    const hasQueue = round.queuePeak > this.target.small;
    const verdict = this.#loss.judge(round, this.#rate, gainOf(this.#state), hasQueue, now);
    if (verdict === "too much") return this.#police(round, now);
    if (verdict === "to be checked") return this.#enter({ kind: "checking", since: now }, now);
    if (verdict === "in doubt") this.#roundStart = now;
    else this.#endRound(round, now);
  }

  /** Takes what arrived for the least that the line carries; twice that would only make its queue swing more. */
  #prove(measured: RateMeasurement | undefined, now: Milliseconds): void {
    if (this.#state.kind === "starting") this.#enter({ kind: "following", since: now }, now);
    if (measured === undefined) return;
    const { sendRate, deliveryRate } = measured;
    this.#found.find(Math.max(this.#found.rate, Math.min(sendRate, this.#loss.sentRateOf(deliveryRate))));
  }

  /** Takes what arrives through a standing queue for what the line carries. */
  #follow(measurement: RateMeasurement, now: Milliseconds): void {
    const carried = this.#loss.sentRateOf(measurement.deliveryRate);
    const least = measurement.isLimited ? this.#leastOf(measurement) : 0;
    const weight = this.#state.kind === "starting" ? 1 : FOLLOWING_WEIGHT;
    this.#found.correct(Math.max(least, this.#found.rate + (carried - this.#found.rate) * weight), now);
    this.#found.prove(now);
    this.#enter({ kind: "following", since: this.#state.kind === "following" ? this.#state.since : now }, now);
  }

  /** Pauses of the sender are in both rates, so that only their ratio tells something. */
  #leastOf({ sendRate, deliveryRate }: RateMeasurement): number {
    return this.#found.rate * Math.min(1, this.#loss.sentRateOf(deliveryRate) / sendRate);
  }

  #police(measurement: RateMeasurement, now: Milliseconds): void {
    this.#loss.restart();
    const carried = measurement.isLimited
      ? this.#leastOf(measurement)
      : this.#loss.sentRateOf(measurement.deliveryRate);
    const wait = this.#policedWait.next(carried, gainOf(this.#state) > 1);
    this.#found.correct(this.#state.kind === "starting" ? carried : Math.min(this.#found.rate, carried), now);
    this.#found.prove(now);
    this.#enter({ kind: "policed", since: now, until: milliseconds(now + wait) }, now);
  }

  /** Judges a round that was sent with one gain throughout, and that neither filled the line nor lost much. */
  #endRound(round: RateMeasurement, now: Milliseconds): void {
    const state = this.#state;
    if (state.kind === "draining") return this.#endDrain(round, now);
    if (state.kind === "checking") return this.#endCheck(round, now);
    if (state.kind === "policed" && now < state.until) return;
    const proven = Math.min(round.sendRate, this.#loss.sentRateOf(round.deliveryRate));
    if (state.kind === "starting" && this.#startWatch.isOver(proven, this.#found.rate)) this.#endStart(now);
    if (proven > this.#found.rate) this.#found.find(proven);
    this.#roundStart = now;
    if (round.isLimited) {
      // What is not used proves nothing.
      if (state.kind === "rising") this.#enter({ kind: "following", since: now }, now);
      return;
    }
    const isStuck = this.#drains.isStuck(this.queue.current > LARGEST_WANTED * this.target.wanted, now);
    const hidesQueue = state.kind === "following" && this.target.isJittery && !this.target.isRestless;
    if (isStuck || this.#drains.isDue(hidesQueue, now)) {
      this.#drains.onNoQueue();
      return this.#enter({ kind: "draining", since: now }, now);
    }
    if (this.#found.isAtCeiling) {
      if (state.kind !== "at ceiling") this.#enter({ kind: "at ceiling", since: now }, now);
      return;
    }
    if (state.kind === "starting") return;
    if (this.queue.current <= this.target.mostToRise(state.kind === "rising")) return this.#rise(now);
    if (state.kind !== "following") this.#enter({ kind: "following", since: now }, now);
  }

  #endStart(now: Milliseconds): void {
    if (this.queue.current > this.target.empty) this.#found.prove(now);
    this.#enter({ kind: "following", since: now }, now);
  }

  #rise(now: Milliseconds): void {
    const state = this.#state;
    const { isRestless } = this.target;
    if (!this.#found.isProven && !isRestless) return this.#enter({ kind: "starting", since: now }, now);
    const doubted = isRestless || this.confidence(now) < 0.3 ? 2 : 0;
    const step = state.kind === "rising" ? Math.min(state.step + 1, LARGEST_STEP) : doubted;
    this.#enter({ kind: "rising", since: state.kind === "rising" ? state.since : now, step }, now);
  }

  #endDrain(round: RateMeasurement, now: Milliseconds): void {
    const { deliveryRate, queueBefore, queueAfter } = round;
    this.#roundStart = now;
    // What overflows is not empty.
    if (this.#loss.isUnusual(round))
      return this.#found.correct(Math.min(this.#found.rate, this.#leastOf(round)), now);
    const fall = queueBefore - queueAfter;
    if (fall > this.target.noise && queueAfter > this.target.empty) {
      const carried = this.#loss.sentRateOf(deliveryRate);
      return this.#found.find(Math.max(SUREST_FALL * this.#found.rate, (this.#found.rate + carried) / 2));
    }
    this.queue.rebase();
    this.#drains.onDrained(now);
    // What jitter hides is found by trying more right after the queue was surely empty.
    if (this.target.isJittery) this.#enter({ kind: "rising", since: now, step: 1 }, now);
    else this.#enter({ kind: "following", since: now }, now);
  }

  #endCheck(round: RateMeasurement, now: Milliseconds): void {
    this.#roundStart = now;
    const result = this.#loss.check(round, now);
    if (result === "goes on") return;
    if (result === "too much") this.#found.correct(Math.min(this.#found.rate, this.#loss.carried), now);
    this.#enter({ kind: this.#found.isAtCeiling ? "at ceiling" : "following", since: now }, now);
  }

  #setRate(queue: number, { now }: Acknowledgement): void {
    const gain = pacedGain(this.#state, this.target, queue);
    const { ceiling } = this.#configured;
    this.#rate = bytesPerSecond(Math.min(ceiling, Math.max(SMALLEST_RATE, this.#found.rate * gain)));
    const isFull = this.#found.isAtCeiling && this.#rate >= FULL_SHARE * ceiling && queue <= this.target.wanted;
    this.#configured.onSending(isFull && !this.#window.isLimited, now);
  }

  /** The queue that a packet sent now will find: that of the latest report, with what was sent since and has left. */
  #predictQueue(report: Acknowledgement, sentAt: Milliseconds): number {
    const sentSince = (report.inFlightBytes * 1000) / this.#found.rate;
    return Math.max(0, this.queue.current + sentSince - (report.now - sentAt));
  }

  #enter(state: RateState, now: Milliseconds): void {
    if (state.kind === "starting") this.#startWatch.restart();
    this.#state = state;
    this.#roundStart = now;
  }
}
