import { earliest, type Milliseconds, milliseconds, NEVER } from "../../../../shared/protocol/units.ts";
import { ECN } from "../ip4.ts";
import { ReceivedRanges } from "./received-ranges.ts";
import { SackCompression } from "./sack-compression.ts";
import { FLAG, TcpSegment, unwrap, WINDOW_UNIT } from "./segment.ts";

// Linux: an acknowledgement for every second segment, or after 40 ms; at first for every one.
const DELAYED_ACK = 40;
const QUICK_ACKS = 16;

// A super-packet (GRO) holds so many bytes; the window grows by so many segments for each that came in order.
const LARGEST_UNIT = 65_535;
const WINDOW_GROWTH = 2;

/** What a receiver is made of. */
export type TcpReceiverOptions = {
  /** The window that it offers first, and the largest one, in bytes. */
  readonly firstWindow: number;
  readonly largestWindow: number;
  /** Sends an acknowledgement, which is used again after. */
  readonly emit: (segment: TcpSegment) => void;
  /** Told of bytes that the application gets, in order. */
  readonly onBytes: (bytes: number, now: Milliseconds) => void;
  /** Told once that the last byte of a transfer has come, in order. */
  readonly onEnd?: (now: Milliseconds) => void;
};

/**
 * The receiving half of a TCP connection as Linux has it: segments that come at one time are joined (GRO), delayed
 * acknowledgements, SACK with duplicates (RFC 2883) and fewer of them when many packets are missing, ECN.
 */
export class TcpReceiver {
  readonly #options: TcpReceiverOptions;
  readonly #ranges = new ReceivedRanges();
  readonly #segment = new TcpSegment();
  readonly #compression = new SackCompression();
  // What came at one time without a gap, and was not looked at yet.
  readonly #unit = { start: 0, end: 0, segment: 0, timestamp: 0, ecn: 0, flags: 0 };
  #window: number;
  #next = 0;
  #end = Number.POSITIVE_INFINITY;
  #acknowledged = 0;
  #echo = 0;
  #ackAt = NEVER;
  #quickAcks = QUICK_ACKS;
  #isMarked = false;
  /** Segments that came twice. */
  duplicates = 0;
  /** Segments that came with a congestion mark. */
  marks = 0;

  constructor(options: TcpReceiverOptions) {
    this.#options = options;
    this.#window = options.firstWindow;
  }

  /** Takes a segment with data; `handleTimeout` at the same time looks at what came. */
  receive(segment: TcpSegment, now: Milliseconds): void {
    const unit = this.#unit;
    const start = unwrap(segment.sequence, this.#next);
    if (segment.ecn === ECN.congested) this.marks++;
    const isAlike = segment.timestamp === unit.timestamp && segment.ecn === unit.ecn && segment.flags === unit.flags;
    const fits = start === unit.end && start + segment.payload - unit.start <= LARGEST_UNIT;
    if (unit.end > unit.start && isAlike && fits) {
      unit.end += segment.payload;
      return;
    }
    this.#takeUnit(now);
    unit.start = start;
    unit.end = start + segment.payload;
    unit.segment = segment.payload;
    unit.timestamp = segment.timestamp;
    unit.ecn = segment.ecn;
    unit.flags = segment.flags;
  }

  /** Looks at what came, and sends an acknowledgement that was delayed long enough. */
  handleTimeout(now: Milliseconds): void {
    this.#takeUnit(now);
    if (earliest(this.#ackAt, this.#compression.dueAt) <= now) this.#acknowledge();
  }

  /** In the past when there is something that was not looked at. */
  nextTimeout(): Milliseconds {
    const { start, end } = this.#unit;
    return end > start ? milliseconds(0) : earliest(this.#ackAt, this.#compression.dueAt);
  }

  #takeUnit(now: Milliseconds): void {
    const unit = this.#unit;
    const { start, end } = unit;
    if (end === start) return;
    unit.end = unit.start;
    const wasMarked = this.#isMarked;
    this.#noteMarks();
    if ((unit.flags & FLAG.push) !== 0) this.#end = end;
    // RFC 7323 §4.3: the timestamp of the segment that moves the left edge of what was acknowledged.
    if (start <= this.#acknowledged && unit.timestamp >= this.#echo) this.#echo = unit.timestamp;
    if (end <= this.#next || this.#ranges.has(start, end)) this.#answerDuplicate(start, end);
    else if (start > this.#next) this.#takeEarly(start, end, now);
    else this.#takeNext(end, wasMarked !== this.#isMarked, now);
  }

  // RFC 3168 §6.1.3: echoed until the sender says that it has reduced its window.
  #noteMarks(): void {
    if ((this.#unit.flags & FLAG.reduced) !== 0) this.#isMarked = false;
    if (this.#unit.ecn === ECN.congested) this.#isMarked = true;
  }

  #answerDuplicate(start: number, end: number): void {
    this.duplicates += Math.ceil((end - start) / this.#unit.segment);
    this.#quickAcks = QUICK_ACKS;
    this.#segment.sackCount = 0;
    this.#segment.addSack(start >>> 0, end >>> 0);
    this.#emit();
  }

  #takeEarly(start: number, end: number, now: Milliseconds): void {
    this.#ranges.add(start, end);
    if (this.#quickAcks > 0 || !this.#compression.holdsBack(this.#next, now)) this.#acknowledge();
  }

  #takeNext(end: number, isUrgent: boolean, now: Milliseconds): void {
    const before = this.#next;
    const hadGap = !this.#ranges.isEmpty;
    this.#next = this.#ranges.takeFrom(end);
    this.#growWindow(end - before);
    this.#options.onBytes(this.#next - before, now);
    if (this.#next >= this.#end) this.#options.onEnd?.(now);
    const hasSecond = this.#next - this.#acknowledged > this.#unit.segment;
    if (hasSecond || hadGap || isUrgent || this.#quickAcks > 0 || this.#next >= this.#end) this.#acknowledge();
    else if (this.#ackAt === NEVER) this.#ackAt = milliseconds(now + DELAYED_ACK);
  }

  #growWindow(bytes: number): void {
    this.#window = Math.min(this.#options.largestWindow, this.#window + WINDOW_GROWTH * bytes);
  }

  #acknowledge(): void {
    this.#segment.sackCount = 0;
    if (this.#quickAcks > 0) this.#quickAcks--;
    this.#emit();
  }

  #emit(): void {
    const segment = this.#segment;
    this.#ranges.report(segment);
    this.#ackAt = NEVER;
    this.#compression.onAcknowledged();
    this.#acknowledged = this.#next;
    segment.acknowledgement = this.#next >>> 0;
    segment.flags = FLAG.acknowledge | (this.#isMarked ? FLAG.congestionEcho : 0);
    segment.window = Math.floor(this.#window / WINDOW_UNIT) * WINDOW_UNIT;
    segment.echo = this.#echo;
    this.#options.emit(segment);
  }
}
