import { type BytesPerSecond, bytesPerSecond, type Milliseconds, milliseconds } from "../units.ts";
import type { Acknowledgement } from "./acknowledgement.ts";

const REMEMBERED = 64;
const NOTHING = new Float64Array(0);

// Of the time in which packets were sent, so much may have had none before it counts as little being sent.
const IDLE_SHARE = 0.1;

// Between two reports no delay changes by so much: the peer's clock is another one.
const CLOCK_JUMP = milliseconds(10_000);

/** What passed over a line between two reports. */
export class RateMeasurement {
  /** How fast the packets were sent, and how fast those that arrived did. */
  sendRate: BytesPerSecond = bytesPerSecond(0);
  deliveryRate: BytesPerSecond = bytesPerSecond(0);
  sentBytes = 0;
  /** The share of the bytes that did not arrive, 0 to 1. */
  loss = 0;
  /** The queueing delay at both ends. */
  queueBefore = milliseconds(0);
  queueAfter = milliseconds(0);
  /** The longest that any report told of. */
  queuePeak = milliseconds(0);
  /** Whether the link was given less than it could have sent. */
  isLimited = false;
}

/** The latest reports of a link, and what can be measured between two of them. */
export class RateWindow {
  #sentAt = NOTHING;
  #arrival = NOTHING;
  #sent = NOTHING;
  #delivered = NOTHING;
  #queue = NOTHING;
  #idle = NOTHING;
  readonly #measurement = new RateMeasurement();
  #first = 0;
  #count = 0;

  /** Takes a report with a new highest packet, and the queueing delay as it is seen now. */
  push(report: Acknowledgement, queue: Milliseconds): void {
    const sentAt = report.sentAt ?? milliseconds(0);
    const last = (this.#count - 1) % REMEMBERED;
    const jump = report.arrival - sentAt - ((this.#arrival[last] ?? 0) - (this.#sentAt[last] ?? 0));
    if (this.#count > 0 && Math.abs(jump) > CLOCK_JUMP) this.clear();
    if (this.#count === 0) this.#allocate();
    const place = this.#count++ % REMEMBERED;
    this.#sentAt[place] = sentAt;
    this.#arrival[place] = report.arrival;
    this.#sent[place] = report.sentBytes;
    this.#delivered[place] = report.deliveredBytes;
    this.#queue[place] = queue;
    this.#idle[place] = report.idleTime;
    this.#first = Math.max(this.#first, this.#count - REMEMBERED);
  }

  /** A link that has carried nothing needs no memory for this. */
  #allocate(): void {
    this.#sentAt = new Float64Array(REMEMBERED);
    this.#arrival = new Float64Array(REMEMBERED);
    this.#sent = new Float64Array(REMEMBERED);
    this.#delivered = new Float64Array(REMEMBERED);
    this.#queue = new Float64Array(REMEMBERED);
    this.#idle = new Float64Array(REMEMBERED);
  }

  /** Whether the link was given less than it could have sent between the latest two reports. */
  get isLimited(): boolean {
    const [before, last] = [(this.#count - 2) % REMEMBERED, (this.#count - 1) % REMEMBERED];
    return this.#count - this.#first >= 2 && this.#isIdle(before, last);
  }

  /** Forgets what was reported so far. */
  clear(): void {
    this.#first = this.#count;
  }

  /**
   * Measures the latest `span` milliseconds and `size` bytes, or as little more as there is, of what was sent from
   * `since` on; undefined when there is not as much. The result is used again for the next.
   */
  measure(span: Milliseconds, size: number, since: Milliseconds): RateMeasurement | undefined {
    const last = (this.#count - 1) % REMEMBERED;
    for (let at = this.#count - 2; at >= this.#first; at--) {
      const place = at % REMEMBERED;
      if ((this.#sentAt[place] ?? 0) < since) return undefined;
      if (this.#isLongEnough(place, last, span, size)) return this.#between(place, last);
    }
    return undefined;
  }

  #between(from: number, to: number): RateMeasurement | undefined {
    const sent = (this.#sent[to] ?? 0) - (this.#sent[from] ?? 0);
    const delivered = (this.#delivered[to] ?? 0) - (this.#delivered[from] ?? 0);
    const sending = (this.#sentAt[to] ?? 0) - (this.#sentAt[from] ?? 0);
    const arriving = (this.#arrival[to] ?? 0) - (this.#arrival[from] ?? 0);
    if (sending <= 0 || arriving <= 0) return undefined;
    const result = this.#measurement;
    result.sendRate = bytesPerSecond((sent * 1000) / sending);
    result.deliveryRate = bytesPerSecond((delivered * 1000) / arriving);
    result.sentBytes = sent;
    result.loss = Math.min(1, Math.max(0, 1 - delivered / sent));
    result.queueBefore = milliseconds(this.#queue[from] ?? 0);
    result.queueAfter = milliseconds(this.#queue[to] ?? 0);
    result.queuePeak = this.#peak(from, to);
    result.isLimited = this.#isIdle(from, to);
    return result;
  }

  #peak(from: number, to: number): Milliseconds {
    let peak = this.#queue[to] ?? 0;
    for (let place = from; place !== to; place = (place + 1) % REMEMBERED)
      peak = Math.max(peak, this.#queue[place] ?? 0);
    return milliseconds(peak);
  }

  /**
   * Measures the latest `span` milliseconds and `size` bytes, or as little more as there is, if every report since then
   * told of a queue above `queue`; undefined otherwise. The result is used again for the next.
   */
  measureBusy(span: Milliseconds, size: number, queue: number): RateMeasurement | undefined {
    const last = (this.#count - 1) % REMEMBERED;
    for (let at = this.#count - 1; at >= this.#first; at--) {
      const place = at % REMEMBERED;
      if ((this.#queue[place] ?? 0) <= queue) return undefined;
      if (this.#isLongEnough(place, last, span, size)) return this.#between(place, last);
    }
    return undefined;
  }

  #isLongEnough(from: number, to: number, span: number, size: number): boolean {
    return (
      (this.#arrival[to] ?? 0) - (this.#arrival[from] ?? 0) >= span &&
      (this.#sent[to] ?? 0) - (this.#sent[from] ?? 0) >= size
    );
  }

  #isIdle(from: number, to: number): boolean {
    const idle = (this.#idle[to] ?? 0) - (this.#idle[from] ?? 0);
    return idle > IDLE_SHARE * ((this.#sentAt[to] ?? 0) - (this.#sentAt[from] ?? 0));
  }
}
