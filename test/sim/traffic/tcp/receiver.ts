import { type Milliseconds, milliseconds, NEVER } from "../../../../shared/protocol/units.ts";
import { ECN } from "../ip4.ts";
import { ReceivedRanges } from "./received-ranges.ts";
import { FLAG, TcpSegment, unwrap, WINDOW_UNIT } from "./segment.ts";

// Linux: an acknowledgement for every second segment, or after 40 ms; at first for every one.
const SEGMENTS_PER_ACK = 2;
const DELAYED_ACK = 40;
const QUICK_ACKS = 16;

/** What a receiver is made of. */
export type TcpReceiverOptions = {
  /** The window that it offers, in bytes. */
  readonly window: number;
  /** Sends an acknowledgement, which is used again after. */
  readonly emit: (segment: TcpSegment) => void;
  /** Told of bytes that the application gets, in order. */
  readonly onBytes: (bytes: number, now: Milliseconds) => void;
  /** Told once that the last byte of a transfer has come, in order. */
  readonly onEnd?: (now: Milliseconds) => void;
};

/** The receiving half of a TCP connection: delayed acknowledgements, SACK with duplicates (RFC 2883), ECN. */
export class TcpReceiver {
  readonly #options: TcpReceiverOptions;
  readonly #ranges = new ReceivedRanges();
  readonly #segment = new TcpSegment();
  #next = 0;
  #end = Number.POSITIVE_INFINITY;
  #acknowledged = 0;
  #echo = 0;
  #pending = 0;
  #ackAt = NEVER;
  #quickAcks = QUICK_ACKS;
  #isMarked = false;
  /** Segments that came twice. */
  duplicates = 0;
  /** Segments that came with a congestion mark. */
  marks = 0;

  constructor(options: TcpReceiverOptions) {
    this.#options = options;
  }

  /** Takes a segment with data. */
  receive(segment: TcpSegment, now: Milliseconds): void {
    const start = unwrap(segment.sequence, this.#next);
    const end = start + segment.payload;
    const wasMarked = this.#isMarked;
    this.#noteMarks(segment);
    if (segment.has(FLAG.push)) this.#end = end;
    // RFC 7323 §4.3: the timestamp of the segment that moves the left edge of what was acknowledged.
    if (start <= this.#acknowledged && segment.timestamp >= this.#echo) this.#echo = segment.timestamp;
    if (end <= this.#next || this.#ranges.has(start, end)) this.#answerDuplicate(start, end);
    else this.#take(start, end, now, wasMarked !== this.#isMarked);
  }

  /** Sends an acknowledgement that was delayed long enough. */
  handleTimeout(now: Milliseconds): void {
    if (this.#ackAt <= now) this.#acknowledge();
  }

  nextTimeout(): Milliseconds {
    return this.#ackAt;
  }

  // RFC 3168 §6.1.3: echoed until the sender says that it has reduced its window.
  #noteMarks(segment: TcpSegment): void {
    if (segment.has(FLAG.reduced)) this.#isMarked = false;
    if (segment.ecn !== ECN.congested) return;
    this.#isMarked = true;
    this.marks++;
  }

  #answerDuplicate(start: number, end: number): void {
    this.duplicates++;
    this.#segment.sackCount = 0;
    this.#segment.addSack(start >>> 0, end >>> 0);
    this.#emit();
  }

  #take(start: number, end: number, now: Milliseconds, isUrgent: boolean): void {
    const fillsGap = !this.#ranges.isEmpty;
    if (start > this.#next) {
      this.#ranges.add(start, end);
      this.#acknowledge();
      return;
    }
    const before = this.#next;
    this.#next = this.#ranges.takeFrom(end);
    this.#options.onBytes(this.#next - before, now);
    if (this.#next >= this.#end) this.#options.onEnd?.(now);
    this.#pending++;
    const isDue = this.#pending >= SEGMENTS_PER_ACK || this.#quickAcks > 0 || this.#next >= this.#end;
    if (fillsGap || isUrgent || isDue) this.#acknowledge();
    else if (this.#ackAt === NEVER) this.#ackAt = milliseconds(now + DELAYED_ACK);
  }

  #acknowledge(): void {
    this.#segment.sackCount = 0;
    if (this.#quickAcks > 0) this.#quickAcks--;
    this.#emit();
  }

  #emit(): void {
    const segment = this.#segment;
    this.#ranges.report(segment);
    this.#pending = 0;
    this.#ackAt = NEVER;
    this.#acknowledged = this.#next;
    segment.acknowledgement = this.#next >>> 0;
    segment.flags = FLAG.acknowledge | (this.#isMarked ? FLAG.congestionEcho : 0);
    segment.window = Math.floor(this.#options.window / WINDOW_UNIT) * WINDOW_UNIT;
    segment.echo = this.#echo;
    this.#options.emit(segment);
  }
}
