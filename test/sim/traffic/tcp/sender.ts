import { type Milliseconds, milliseconds } from "../../../../shared/protocol/units.ts";
import { ECN } from "../ip4.ts";
import { AckReader } from "./ack-reader.ts";
import { AckReport, burstOf, type CongestionControl } from "./congestion-control.ts";
import { LossDetection } from "./loss-detection.ts";
import { RateSampler } from "./rate-sampler.ts";
import { Recovery } from "./recovery.ts";
import { RoundTrip } from "./round-trip.ts";
import { Scoreboard } from "./scoreboard.ts";
import { FLAG, TcpSegment, unwrap } from "./segment.ts";

const NONE = -1;

// Linux, tcp_output.c: tail loss probes.
const PROBE_SLACK = 2;
const PROBE_DELAYED_ACK = 200;

/** What a sender is made of. Times are in milliseconds. */
export type TcpSenderOptions = {
  readonly control: CongestionControl;
  /** Payload bytes of a full segment. */
  readonly segmentSize: number;
  /** How many bytes there are to send; unlimited when absent. */
  readonly totalBytes?: number;
  /** The largest window that the receiver will offer, in bytes. */
  readonly largestWindow: number;
  readonly usesEcn: boolean;
  /** The RTT of the handshake in milliseconds, if there was one. */
  readonly firstRtt?: number;
  /** Sends a segment, which is used again after. */
  readonly emit: (segment: TcpSegment) => void;
  readonly onRtt?: (rtt: number) => void;
};

/** Counters of a sender. */
export type TcpSenderCounters = {
  sent: number;
  sentAgain: number;
  timeouts: number;
  recoveries: number;
  undone: number;
};

/** How a sender is doing: congestion window, slow-start threshold and flight in segments, smoothed RTT in milliseconds. */
export type TcpSenderState = {
  readonly window: number;
  readonly threshold: number;
  readonly inFlight: number;
  readonly rtt: number;
};

/** The sending half of a TCP connection as Linux has it: SACK, RACK with tail loss probes, RTO, undo, pacing, ECN. */
export class TcpSender {
  readonly counters: TcpSenderCounters = { sent: 0, sentAgain: 0, timeouts: 0, recoveries: 0, undone: 0 };
  readonly #options: TcpSenderOptions;
  readonly #control: CongestionControl;
  readonly #board: Scoreboard;
  readonly #roundTrip = new RoundTrip();
  readonly #losses: LossDetection;
  readonly #rates: RateSampler;
  readonly #recovery: Recovery;
  readonly #report = new AckReport();
  readonly #segment = new TcpSegment();
  readonly #totalBytes: number;
  readonly #segmentCount: number;
  readonly #reader: AckReader;
  #window: number;
  #timeoutAt = Number.POSITIVE_INFINITY;
  #probeAt = Number.POSITIVE_INFINITY;
  #probedUntil = 0;
  #paceAt = 0;
  #burstLeft = 0;
  #isWindowLimited = false;
  #mostOut = 0;
  #roundEnd = 0;
  #mustTellReduction = false;

  constructor(options: TcpSenderOptions) {
    const { segmentSize, largestWindow, totalBytes = Number.POSITIVE_INFINITY } = options;
    this.#options = options;
    this.#control = options.control;
    this.#totalBytes = totalBytes;
    this.#segmentCount = Math.ceil(totalBytes / segmentSize);
    this.#window = largestWindow;
    this.#board = new Scoreboard(Math.min(this.#segmentCount, Math.ceil(largestWindow / segmentSize)) + 1);
    this.#losses = new LossDetection(this.#board, this.#roundTrip);
    this.#rates = new RateSampler(this.#board);
    this.#reader = new AckReader(this.#board, segmentSize, this.#noteDelivered);
    if (options.firstRtt !== undefined) this.#roundTrip.onSample(options.firstRtt);
    this.#recovery = new Recovery(this.#control, this.#board, this.counters);
  }

  /** Begins to send. */
  start(now: Milliseconds): void {
    this.#send(now);
  }

  /** Whether everything is acknowledged. */
  get isDone(): boolean {
    return this.#board.first >= this.#segmentCount;
  }

  get state(): TcpSenderState {
    const { window, threshold } = this.#control;
    return { window, threshold, inFlight: this.#board.inFlight, rtt: this.#roundTrip.smoothed };
  }

  /** Takes an acknowledgement. */
  receive(segment: TcpSegment, now: Milliseconds): void {
    const board = this.#board;
    const { segmentSize } = this.#options;
    const acknowledged = Math.ceil(unwrap(segment.acknowledgement, board.first * segmentSize) / segmentSize);
    if (acknowledged < board.first || acknowledged > board.next) return;
    const report = this.#report;
    report.now = now;
    report.inFlightBefore = board.inFlight;
    report.hasAdvanced = acknowledged > board.first;
    report.newlyDelivered = 0;
    report.rtt = -1;
    this.#window = segment.window;
    this.#losses.startAck();
    const hasDuplicate = this.#reader.take(segment, acknowledged, now);
    if (hasDuplicate) {
      this.#losses.onDuplicate(now);
      this.#recovery.onDuplicate();
    }
    this.#conclude(segment, now);
    this.#send(now);
    if (report.hasAdvanced) this.#restartTimers(now);
  }

  /** Does what is due: loss by RACK's timer, a tail loss probe, a timeout, or sending at the pacing rate. */
  handleTimeout(now: Milliseconds): void {
    if (this.#losses.deadline <= now) {
      const lost = this.#losses.detect(this.#recovery.isActive, now);
      if (lost > 0) this.#recovery.onLoss(now);
    }
    if (this.#timeoutAt <= now) this.#timeOut(now);
    else if (this.#probeAt <= now) this.#probe(now);
    this.#send(now);
  }

  /** When `handleTimeout` has something to do. */
  nextTimeout(): Milliseconds {
    const timers = Math.min(this.#timeoutAt, this.#probeAt, this.#losses.deadline);
    const isPaced = this.#control.pacingRate < Number.POSITIVE_INFINITY;
    return milliseconds(isPaced && this.#maySend() ? Math.min(timers, this.#paceAt) : timers);
  }

  #conclude(segment: TcpSegment, now: number): void {
    const report = this.#report;
    const recovery = this.#recovery;
    report.newlyLost = this.#losses.detect(recovery.isActive, now);
    if (report.rtt >= 0) {
      this.#roundTrip.onSample(report.rtt);
      this.#options.onRtt?.(report.rtt);
    }
    if (report.hasAdvanced) this.#roundTrip.endBackoff();
    if (recovery.onAck(segment.echo, now)) this.#losses.onRecoveryEnd();
    if (report.newlyLost > 0 || this.#board.waitingCount > 0) recovery.onLoss(now);
    if (this.#options.usesEcn && segment.has(FLAG.congestionEcho) && recovery.onEcho(now)) {
      this.#mustTellReduction = true;
    }
    this.#rates.report(report, this.#roundTrip.smallest);
    report.inFlight = this.#board.inFlight;
    report.first = this.#board.first;
    report.next = this.#board.next;
    report.smallestRtt = this.#roundTrip.smallest;
    report.smoothedRtt = this.#roundTrip.smoothed;
    report.isRecovering = recovery.isRepairing;
    report.isWindowLimited = this.#isWindowLimited;
    report.mostOut = this.#mostOut;
    this.#control.onAck(report);
  }

  readonly #noteDelivered = (segment: number, now: number): void => {
    this.#report.newlyDelivered++;
    this.#rates.onDelivered(segment, now);
    this.#losses.onDelivered(segment, now);
    if (!this.#board.wasSentAgain(segment)) this.#report.rtt = now - this.#board.sentAt(segment);
  };

  #maySend(): boolean {
    const board = this.#board;
    return board.inFlight < Math.floor(this.#control.window) && (board.waitingCount > 0 || this.#hasNew());
  }

  #hasNew(): boolean {
    const { first, next } = this.#board;
    return next < this.#segmentCount && (next - first + 1) * this.#options.segmentSize <= this.#window;
  }

  #send(now: number): void {
    const rate = this.#control.pacingRate;
    const isPaced = rate < Number.POSITIVE_INFINITY;
    while (this.#maySend()) {
      if (isPaced && !this.#mayPace(rate, now)) return;
      const waiting = this.#board.firstWaiting();
      if (waiting === NONE) this.#sendNew(now);
      else this.#sendAgain(waiting, now);
    }
    this.#isWindowLimited = this.#board.inFlight >= Math.floor(this.#control.window);
  }

  #mayPace(rate: number, now: number): boolean {
    if (this.#burstLeft === 0) {
      if (this.#paceAt > now) return false;
      this.#burstLeft = burstOf(rate);
      // Linux lets a burst that is late shorten the wait for the next by half.
      this.#paceAt = Math.max(this.#paceAt, now - (0.5 * this.#burstLeft) / rate);
    }
    this.#burstLeft--;
    this.#paceAt += 1 / rate;
    return true;
  }

  #sendNew(now: number): void {
    this.#rates.onSend(now);
    const segment = this.#board.sendNext(now);
    this.#rates.stamp(segment);
    const out = segment + 1 - this.#board.first;
    if (this.#board.first >= this.#roundEnd || out > this.#mostOut) {
      this.#mostOut = out;
      this.#roundEnd = this.#board.next;
    }
    this.#emit(segment, now);
    if (this.#timeoutAt === Number.POSITIVE_INFINITY) this.#restartTimers(now);
  }

  #sendAgain(segment: number, now: number): void {
    this.#rates.onSend(now);
    this.#board.sendAgain(segment, now);
    this.#rates.stamp(segment);
    this.#recovery.onSentAgain(now);
    this.counters.sentAgain++;
    this.#emit(segment, now);
    if (segment === this.#board.first) this.#restartTimers(now);
  }

  #emit(index: number, now: number): void {
    const { segmentSize, usesEcn, emit } = this.#options;
    const segment = this.#segment;
    segment.sequence = (index * segmentSize) >>> 0;
    segment.payload = Math.min(segmentSize, this.#totalBytes - index * segmentSize);
    segment.timestamp = Math.floor(now);
    segment.ecn = usesEcn ? ECN.capable : ECN.notCapable;
    segment.flags = FLAG.acknowledge | (this.#mustTellReduction ? FLAG.reduced : 0);
    if (index === this.#segmentCount - 1) segment.flags |= FLAG.push;
    this.#mustTellReduction = false;
    this.counters.sent++;
    this.#control.onSent();
    emit(segment);
  }

  #restartTimers(now: number): void {
    const board = this.#board;
    this.#timeoutAt = Number.POSITIVE_INFINITY;
    this.#probeAt = Number.POSITIVE_INFINITY;
    const out = board.next - board.first;
    if (out === 0) return;
    const { timeout, smoothed } = this.#roundTrip;
    this.#timeoutAt = now + timeout;
    if (this.#recovery.isRepairing || board.first < this.#probedUntil || smoothed === 0) return;
    const probeAt = now + 2 * smoothed + (out === 1 ? PROBE_DELAYED_ACK : PROBE_SLACK);
    if (probeAt < this.#timeoutAt) this.#probeAt = probeAt;
  }

  /** RFC 8985 §7: sends something that makes the receiver tell what it misses. */
  #probe(now: number): void {
    const { newest } = this.#board;
    if (this.#hasNew()) this.#sendNew(now);
    else if (newest !== NONE) this.#sendAgain(newest, now);
    this.#probedUntil = this.#board.next;
    this.#restartTimers(now);
  }

  #timeOut(now: number): void {
    this.counters.timeouts++;
    this.#losses.detectByTimeout(now);
    this.#recovery.onTimeout(now);
    this.#roundTrip.backOff();
    this.#timeoutAt = now + this.#roundTrip.timeout;
    this.#probeAt = Number.POSITIVE_INFINITY;
    this.#burstLeft = 1;
  }
}
