import { bytesOnLine } from "../../shared/protocol/link/line-overhead.ts";
import { type Bytes, earliest, type Milliseconds, milliseconds, NEVER } from "../../shared/protocol/units.ts";
import { TraceCursor } from "./delivery-trace.ts";
import { LineCounters, type LineCounts, type LineDrop } from "./line-counters.ts";
import { type LineOptions, PERFECT_LINE, queueBytes } from "./line-options.ts";
import { LossProcess } from "./loss-model.ts";
import { type Passage, PassageHeap, PassageQueue } from "./passage.ts";
import { Random } from "./random.ts";

/**
 * Takes a packet that has arrived. `corruptedBit` is -1 for an intact one; otherwise a uniform 32-bit number, to be
 * taken modulo the packet's number of bits, that names the bit to flip (in a copy, when a duplicate shares the item).
 */
export type Deliver<T> = (item: T, corruptedBit: number) => void;

/** For a caller whose items are buffers that are used again. */
export type ItemOwner<T> = {
  /** Told of every item that will not be delivered. */
  readonly discard: (item: T) => void;
  /** Makes the item of a duplicate. */
  readonly copy: (item: T) => T;
};

const NO_OWNER = { discard: () => undefined, copy: <T>(item: T): T => item };

/**
 * One direction of one line, sans IO: packets go in by `send`, wait in a drop-tail queue, leave one after another at the
 * line's rate, and come out of `receive` after the line's delay, with its faults. Lost packets have used the line.
 * `now` is a monotonic time in milliseconds that never steps back; all that happened by then is worked out exactly,
 * however late the call. The same calls with the same seed give the same results.
 */
export class LineEmulator<T> {
  readonly #random: Random;
  readonly #owner: ItemOwner<T>;
  readonly #counters = new LineCounters();
  readonly #waiting = new PassageQueue<T>();
  readonly #underWay = new PassageHeap<T>();
  readonly #spare: Passage<T>[] = [];
  #options: LineOptions = PERFECT_LINE;
  #loss = new LossProcess(PERFECT_LINE.loss);
  #trace: TraceCursor | undefined;
  #queueLimit = Number.POSITIVE_INFINITY;
  #queuedBytes = 0;
  #serviceBytes = 0;
  #serviceStart = 0;
  #serviceEnd = NEVER;
  #lastArrival = 0;
  #order = 0;
  #isCut = false;

  /** Without an owner a duplicate shares its item with the packet it repeats. */
  constructor(options: Partial<LineOptions>, seed: number, owner: ItemOwner<T> = NO_OWNER) {
    this.#random = new Random(seed);
    this.#owner = owner;
    this.change(options, milliseconds(0));
  }

  /** Puts a packet of `size` bytes, IP header included, into the line. */
  send(item: T, size: Bytes, now: Milliseconds): void {
    this.#advance(now);
    this.#counters.sent.add(size);
    this.#counters.held.add(size);
    const drop = this.#refusal(size);
    if (drop !== undefined) {
      this.#drop(item, size, drop);
      return;
    }
    this.#waiting.push(this.#newPassage(item, size));
    this.#queuedBytes += size;
    if (this.#waiting.length === 1) this.#startService(now);
  }

  /** Hands over every packet that has arrived by `now`, in order of arrival; returns how many. */
  receive(now: Milliseconds, deliver: Deliver<T>): number {
    this.#advance(now);
    let count = 0;
    for (let first = this.#underWay.first(); first !== undefined && first.at <= now; first = this.#underWay.first()) {
      this.#underWay.shift();
      this.#counters.held.remove(first.size);
      this.#counters.delivered.add(first.size);
      if (first.corruptedBit >= 0) this.#counters.corrupted.add(first.size);
      this.#spare.push(first);
      deliver(first.item, first.corruptedBit);
      count += 1;
    }
    return count;
  }

  /** When `receive` may have something next; never later than that, perhaps earlier. `NEVER` when the line is empty. */
  nextTimeout(): Milliseconds {
    const arrival = milliseconds(this.#underWay.first()?.at ?? NEVER);
    return earliest(arrival, milliseconds(this.#serviceEnd + this.#options.delay));
  }

  /** Changes some properties from `now` on; what has left the queue keeps its time of arrival. */
  change(options: Partial<LineOptions>, now: Milliseconds): void {
    this.#advance(now);
    const unserved = this.#unservedBytes(now);
    this.#options = { ...this.#options, ...options };
    this.#queueLimit = queueBytes(this.#options);
    if (options.loss !== undefined) this.#loss = new LossProcess(options.loss);
    if (options.rate === undefined) return;
    this.#trace = typeof options.rate === "number" ? undefined : new TraceCursor(options.rate, now);
    if (this.#waiting.length > 0) this.#startService(now, unserved);
  }

  /** Cuts the line in silence: all that waits or is under way is lost, and all that is sent until `restore`. */
  cut(now: Milliseconds): void {
    this.#advance(now);
    this.#isCut = true;
    this.#serviceEnd = NEVER;
    this.#queuedBytes = 0;
    for (let gone = this.#waiting.shift(); gone !== undefined; gone = this.#waiting.shift()) this.#lose(gone, "cut");
    for (let gone = this.#underWay.shift(); gone !== undefined; gone = this.#underWay.shift())
      this.#lose(gone, "cut");
  }

  /** Ends a cut. */
  restore(now: Milliseconds): void {
    this.#advance(now);
    this.#isCut = false;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  get options(): LineOptions {
    return this.#options;
  }

  /** Bytes in the queue, the packet that is leaving included. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  counts(): LineCounts {
    return this.#counters.copy();
  }

  #refusal(size: number): LineDrop | undefined {
    if (this.#isCut) return "cut";
    if (size > this.#options.mtu) return "mtu";
    if (this.#waiting.length > 0 && this.#queuedBytes + size > this.#queueLimit) return "queue";
    return undefined;
  }

  #advance(now: Milliseconds): void {
    while (this.#serviceEnd <= now) {
      const end = this.#serviceEnd;
      const passage = this.#waiting.shift();
      if (passage === undefined) break;
      this.#queuedBytes -= passage.size;
      if (this.#waiting.length > 0) this.#startService(end);
      else this.#serviceEnd = NEVER;
      this.#depart(passage, end);
    }
  }

  #startService(now: Milliseconds, size = this.#sizeOfFirst): void {
    const { rate } = this.#options;
    this.#serviceBytes = size;
    this.#serviceStart = now;
    if (this.#trace !== undefined) this.#serviceEnd = this.#trace.serve(size, now);
    else this.#serviceEnd = milliseconds(typeof rate === "number" && rate > 0 ? now + (size * 1000) / rate : NEVER);
  }

  get #sizeOfFirst(): number {
    return bytesOnLine(this.#options.overhead, this.#waiting.first()?.size ?? 0);
  }

  // A packet that is leaving when the rate changes keeps what it has already got through.
  #unservedBytes(now: Milliseconds): number {
    const duration = this.#serviceEnd - this.#serviceStart;
    const isMoving = Number.isFinite(duration) && duration > 0;
    return isMoving ? (this.#serviceBytes * (this.#serviceEnd - now)) / duration : this.#serviceBytes;
  }

  #depart(passage: Passage<T>, at: Milliseconds): void {
    if (this.#loss.losesNext(this.#random)) {
      this.#lose(passage, "loss");
      return;
    }
    if (this.#random.happens(this.#options.duplication)) this.#duplicate(passage, at);
    this.#launch(passage, at);
  }

  #launch(passage: Passage<T>, at: Milliseconds): void {
    const { delay, jitter, mayReorder, corruption, reordering } = this.#options;
    const arrival = at + delay + (jitter > 0 ? jitter * this.#random.fraction() : 0);
    passage.at = mayReorder ? arrival : Math.max(arrival, this.#lastArrival);
    this.#lastArrival = passage.at;
    if (this.#random.happens(reordering.probability)) passage.at += reordering.by;
    passage.corruptedBit = this.#random.happens(corruption) ? this.#random.uint32() : -1;
    passage.order = this.#order++;
    this.#underWay.push(passage);
  }

  #duplicate({ item, size }: Passage<T>, at: Milliseconds): void {
    this.#counters.duplicated.add(size);
    this.#counters.held.add(size);
    this.#launch(this.#newPassage(this.#owner.copy(item), size), at);
  }

  #lose(passage: Passage<T>, reason: LineDrop): void {
    this.#spare.push(passage);
    this.#drop(passage.item, passage.size, reason);
  }

  #drop(item: T, size: number, reason: LineDrop): void {
    this.#counters.held.remove(size);
    this.#counters.dropped[reason].add(size);
    this.#owner.discard(item);
  }

  #newPassage(item: T, size: number): Passage<T> {
    const passage = this.#spare.pop() ?? { item, size, at: 0, order: 0, corruptedBit: -1 };
    passage.item = item;
    passage.size = size;
    return passage;
  }
}
