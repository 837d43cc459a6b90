import { type Milliseconds, milliseconds } from "../../../../shared/protocol/units.ts";
import { ECN } from "../ip4.ts";
import { AckReader } from "./ack-reader.ts";
import { AckReport, type CongestionControl } from "./congestion-control.ts";
import { LossDetection } from "./loss-detection.ts";
import { Pacing } from "./pacing.ts";
import { RateSampler } from "./rate-sampler.ts";
import { Recovery } from "./recovery.ts";
import { RoundTrip } from "./round-trip.ts";
import { Scoreboard } from "./scoreboard.ts";
import { FLAG, TcpSegment, unwrap } from "./segment.ts";
import { SendingTimers } from "./sending-timers.ts";

const NONE = -1;

// Linux, where nobody has changed it (net.ipv4.tcp_reordering).
const USUAL_REORDERING = 3;

/** What a sender is made of. Times are in milliseconds. */
export type TcpSenderOptions = {
  readonly control: CongestionControl;
  /** Payload bytes of a full segment. */
  readonly segmentSize: number;
  /** How many bytes there are to send; unlimited when absent. */
  readonly totalBytes?: number;
  /** The window that the receiver offers first, and the largest that it will, in bytes. */
  readonly firstWindow: number;
  readonly largestWindow: number;
  readonly usesEcn: boolean;
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
  readonly #timers: SendingTimers;
  readonly #pacing: Pacing;
  readonly #report = new AckReport();
  readonly #segment = new TcpSegment();
  readonly #totalBytes: number;
  readonly #segmentCount: number;
  readonly #reader: AckReader;
  #isStarted = false;
  #window: number;
  #firstRtt = -1;
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
    this.#window = options.firstWindow;
    this.#board = new Scoreboard(Math.min(this.#segmentCount, Math.ceil(largestWindow / segmentSize)) + 1);
    this.#losses = new LossDetection(this.#board, this.#roundTrip);
    this.#rates = new RateSampler(this.#board);
    this.#timers = new SendingTimers(this.#board, this.#roundTrip);
    this.#pacing = new Pacing(this.#control, this.#board, this.#roundTrip);
    this.#reader = new AckReader(this.#board, segmentSize, this.#noteDelivered);
    this.#recovery = new Recovery(this.#control, this.#board, this.counters);
  }

  /** Begins to send, with the RTT of the handshake in milliseconds if it is known. */
  start(rtt: number | undefined, now: Milliseconds): void {
    this.#isStarted = true;
    if (rtt !== undefined) {
      this.#takeRtt(rtt, rtt);
      this.#control.onConnected(rtt);
    }
    this.#send(now);
  }

  get isStarted(): boolean {
    return this.#isStarted;
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
    this.#firstRtt = -1;
    this.#window = segment.window;
    this.#losses.startAck();
    const hasDuplicate = this.#reader.take(segment, acknowledged, now);
    if (hasDuplicate) {
      this.#losses.onDuplicate(now);
      this.#recovery.onDuplicate();
    }
    this.#conclude(segment, now);
    if (report.hasAdvanced) this.#restartTimers(now);
    this.#send(now);
  }

  /** Does what is due: loss by RACK's timer, a tail loss probe, a timeout, or sending at the pacing rate. */
  handleTimeout(now: Milliseconds): void {
    if (this.#losses.deadline <= now) {
      const lost = this.#losses.detect(this.#recovery.isRepairing, now);
      if (lost > 0) this.#recovery.onLoss(now);
    }
    if (this.#timers.timeoutAt <= now) this.#timeOut(now);
    else if (this.#timers.probeAt <= now) this.#probe(now);
    this.#send(now);
  }

  /** When `handleTimeout` has something to do. */
  nextTimeout(): Milliseconds {
    const { timeoutAt, probeAt } = this.#timers;
    const timers = Math.min(timeoutAt, probeAt, this.#losses.deadline);
    return milliseconds(this.#room() > 0 ? Math.min(timers, this.#pacing.freeAt) : timers);
  }

  #conclude(segment: TcpSegment, now: number): void {
    const report = this.#report;
    const recovery = this.#recovery;
    const { first } = this.#board;
    if (this.#firstRtt >= 0) this.#takeRtt(this.#firstRtt, report.rtt);
    if (report.hasAdvanced) this.#roundTrip.endBackoff();
    report.newlyLost = this.#losses.detect(recovery.isRepairing, now);
    const outcome = recovery.onAck(segment.echo, now);
    if (outcome !== "goes on") this.#losses.onRecoveryEnd();
    if (outcome === "late") this.#losses.onLateArrival(first - 1);
    if (this.#board.waitingCount > 0) recovery.onLoss(now);
    if (this.#options.usesEcn && segment.has(FLAG.congestionEcho) && recovery.onEcho(now)) {
      this.#mustTellReduction = true;
    }
    this.#rates.report(report, this.#roundTrip.smallest);
    report.inFlight = this.#board.inFlight;
    report.first = first;
    report.next = this.#board.next;
    report.smallestRtt = this.#roundTrip.smallest;
    report.smoothedRtt = this.#roundTrip.smoothed;
    report.isRecovering = recovery.isRepairing;
    report.isWindowLimited = this.#isWindowLimited;
    report.mostOut = this.#mostOut;
    report.mayGrow = report.hasAdvanced || this.#losses.reordering > USUAL_REORDERING;
    this.#control.onAck(report);
    if (this.#control.isHoldingBack) this.#rates.limit();
  }

  // The first of what is delivered at once has waited for the acknowledgement the longest, the last the least.
  readonly #noteDelivered = (segment: number, now: number): void => {
    this.#report.newlyDelivered++;
    this.#rates.onDelivered(segment, now);
    this.#losses.onDelivered(segment, now);
    this.#recovery.onDelivered(segment);
    if (this.#board.wasSentAgain(segment)) return;
    this.#report.rtt = now - this.#board.sentAt(segment);
    if (this.#firstRtt < 0) this.#firstRtt = this.#report.rtt;
  };

  #takeRtt(rtt: number, smallest: number): void {
    this.#roundTrip.onSmallest(smallest);
    this.#roundTrip.onSample(rtt, this.#board.first, this.#board.next);
    this.#options.onRtt?.(rtt);
  }

  /** How many segments the windows allow now, as far as there is something to send. */
  #room(): number {
    if (!this.#isStarted) return 0;
    const { inFlight, waitingCount, first, next } = this.#board;
    const room = Math.floor(this.#control.window) - inFlight;
    if (room <= 0 || waitingCount > 0) return Math.max(0, room);
    const offered = Math.floor(this.#window / this.#options.segmentSize) - (next - first);
    return Math.max(0, Math.min(room, offered, this.#segmentCount - next));
  }

  #send(now: number): void {
    const { next } = this.#board;
    this.#pacing.begin();
    this.#isWindowLimited = false;
    for (let room = this.#room(); room > 0; room = this.#room()) {
      const waiting = this.#board.firstWaiting();
      const mayDefer =
        waiting === NONE && !this.#recovery.isRepairing && this.#board.next + room < this.#segmentCount;
      this.#isWindowLimited = !this.#pacing.take(room, mayDefer, now);
      if (this.#isWindowLimited) break;
      if (waiting === NONE) this.#sendNew(now);
      else this.#sendAgain(waiting, now);
    }
    this.#isWindowLimited ||= this.#board.inFlight >= Math.floor(this.#control.window);
    if (this.#board.next > next) this.#timers.restartProbe(!this.#recovery.isRepairing, now);
    if (!this.#isWindowLimited && this.#board.next === this.#segmentCount) this.#rates.limit();
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
    if (this.#timers.timeoutAt === Number.POSITIVE_INFINITY) this.#restartTimers(now);
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
    this.#timers.restart(!this.#recovery.isRepairing, now);
  }

  /** RFC 8985 §7: sends something that makes the receiver tell what it misses. */
  #probe(now: number): void {
    const { newest, next, first } = this.#board;
    const hasNew = next < this.#segmentCount && (next - first + 1) * this.#options.segmentSize <= this.#window;
    if (hasNew) this.#sendNew(now);
    else if (newest !== NONE) this.#sendAgain(newest, now);
    this.#timers.onProbe(now);
  }

  #timeOut(now: number): void {
    this.counters.timeouts++;
    this.#losses.detectByTimeout(now);
    this.#recovery.onTimeout(now);
    this.#timers.onTimeout(now);
    this.#pacing.endBurst();
  }
}
