import { type Milliseconds, milliseconds } from "../units.ts";
import { type SendStamp, SendStamps } from "./send-stamps.ts";

/** What has become of a packet that was sent. */
export const FATE = {
  /** Sent, without being watched: a report, a keepalive, or a number that was never recorded. */
  unwatched: 0,
  outstanding: 1,
  acknowledged: 2,
  lost: 3,
} as const;

const SMALLEST = 16;
const INTEGERS = 5;
// What rings at rest share, of which nothing is read that matters; not empty, so that no index is outside.
const NO_STAMPS = new SendStamps(1);
const NO_INTEGERS = new Int32Array(1);
const NO_FATES = new Uint8Array(1);
/** No more packets than this are remembered: at 1 Gbit/s and 1400 bytes, those of 0.7 s. */
export const LARGEST_RING = 65_536;
/** No more of them are waited for, so that keepalives and reports never write over one of which the fate is not known. */
export const MOST_AWAITED = LARGEST_RING - 1024;

/** Packets that leave at once and are all of one size on the line, with the caller's two integers: one's own, one of all. */
export class SentRun {
  /** How many there can be. */
  static readonly LONGEST = 256;
  readonly firsts = new Int32Array(SentRun.LONGEST);
  second = 0;
  size = 0;
  count = 0;
}

/**
 * The latest packets sent on a link, as columns that are addressed by position: counted from 0 over all sessions of
 * the link. It doubles while the packets that are still to be kept do not fit; older ones are written over. At rest, as it
 * begins, it has no memory of its own: a server has thousands of links that carry nothing but keepalives.
 */
export class SentRing {
  size = NO_INTEGERS;
  first = NO_INTEGERS;
  second = NO_INTEGERS;
  fate = NO_FATES;
  /** The row of what is noted in `stamps` of when the packet left, and the bytes sent before it since that stamp. */
  stamp = NO_INTEGERS;
  since = NO_INTEGERS;
  stamps = NO_STAMPS;
  #next = 0;
  #isAtRest = true;
  /** What was written over before the ring grew is not remembered in the larger one. */
  #forgottenBefore = 0;

  /** Of the packet that was passed last at rest: its size, when it left, and the idle time before it. */
  passedSize = 0;
  passedAt: Milliseconds = milliseconds(0);
  passedIdle = 0;

  /** Whether nothing is remembered; `reserve` ends it. */
  get isAtRest(): boolean {
    return this.#isAtRest;
  }

  /** At rest: takes `position` as the latest, of which nothing is remembered unless `takeBack` follows. */
  pass(position: number, size: number, now: Milliseconds, idleTime: number): void {
    this.#next = position + 1;
    this.#forgottenBefore = this.#next;
    this.passedSize = size;
    this.passedAt = now;
    this.passedIdle = idleTime;
  }

  /** At rest: makes the position that was passed last the next one again, and answers the packet's size. */
  takeBack(): number {
    this.#next--;
    this.#forgottenBefore = this.#next;
    return this.passedSize;
  }

  /** The position of the next packet. */
  get next(): number {
    return this.#next;
  }

  /** The oldest position that is remembered. */
  get oldest(): number {
    return Math.max(this.#forgottenBefore, this.#next - this.size.length);
  }

  /** Where in the columns a position is. */
  index(position: number): number {
    return position & (this.size.length - 1);
  }

  isRemembered(position: number): boolean {
    return position >= this.oldest && position < this.#next;
  }

  /** Makes room for `count` packets more, so that positions from `keep` on are not written over while room is. */
  reserve(count: number, keep: number): void {
    if (this.#isAtRest) this.#wake();
    while (this.#next + count - keep > this.size.length && this.size.length < LARGEST_RING) this.#grow();
  }

  /** Writes the next packet over what is at its index, with a fate of its own; two integers more are the caller's. */
  push(size: number, fate: number, stamp: SendStamp, first = 0, second = 0): void {
    const index = this.index(this.#next++);
    this.size[index] = size;
    this.first[index] = first;
    this.second[index] = second;
    this.fate[index] = fate;
    const row = this.stamps.add(stamp);
    this.stamp[index] = row;
    this.since[index] = stamp.sentBefore - (this.stamps.sentBefore[row] ?? 0);
  }

  /** Pushes packets that leave at once and are outstanding; `stamp` is that of the first. */
  pushRun({ count, size, firsts, second }: SentRun, stamp: SendStamp): void {
    const row = this.stamps.add(stamp);
    const start = this.#next;
    const mask = this.size.length - 1;
    // As fields, each would be loaded anew after every store.
    const { size: sizes, first: kept, second: notes, fate, stamp: stamps, since } = this;
    let before = stamp.sentBefore - (this.stamps.sentBefore[row] ?? 0);
    for (let step = 0; step < count; step++) {
      const index = (start + step) & mask;
      sizes[index] = size;
      kept[index] = firsts[step] ?? 0;
      notes[index] = second;
      fate[index] = FATE.outstanding;
      stamps[index] = row;
      since[index] = before;
      before += size;
    }
    this.#next = start + count;
  }

  /** When the packet at an index left. */
  sentAt(index: number): number {
    return this.stamps.sentAt[this.stamp[index] ?? 0] ?? 0;
  }

  /** The bytes sent before the packet at an index. */
  sentBefore(index: number): number {
    return (this.stamps.sentBefore[this.stamp[index] ?? 0] ?? 0) + (this.since[index] ?? 0);
  }

  /** Forgets what was sent, and gives the memory back. */
  rest(): void {
    if (this.#isAtRest) return;
    this.#isAtRest = true;
    this.#forgottenBefore = this.#next;
    this.#use(NO_COLUMNS);
    this.stamps = NO_STAMPS;
  }

  #wake(): void {
    this.#isAtRest = false;
    this.#use(newColumns(SMALLEST));
    this.stamps = new SendStamps(SMALLEST);
  }

  #grow(): void {
    const from = this.oldest;
    this.#forgottenBefore = from;
    const count = this.#next - from;
    const start = this.index(from);
    const larger = newColumns(2 * this.size.length);
    const target = from & (larger.size.length - 1);
    const grown = <Column extends Int32Array | Uint8Array>(before: Column, after: Column): Column =>
      regrown(before, after, start, target, count);
    const firstStamp = this.stamp[start] ?? 0;
    for (let index = 0; index < this.stamp.length; index++)
      this.stamp[index] = this.stamps.placeAfter(firstStamp, this.stamp[index] ?? 0);
    this.#use({
      size: grown(this.size, larger.size),
      first: grown(this.first, larger.first),
      second: grown(this.second, larger.second),
      fate: grown(this.fate, larger.fate),
      stamp: grown(this.stamp, larger.stamp),
      since: grown(this.since, larger.since),
    });
    this.stamps = this.stamps.grownFrom(firstStamp);
  }

  #use(columns: ReturnType<typeof newColumns>): void {
    this.size = columns.size;
    this.first = columns.first;
    this.second = columns.second;
    this.fate = columns.fate;
    this.stamp = columns.stamp;
    this.since = columns.since;
  }
}

const NO_COLUMNS: ReturnType<typeof newColumns> = {
  size: NO_INTEGERS,
  first: NO_INTEGERS,
  second: NO_INTEGERS,
  fate: NO_FATES,
  stamp: NO_INTEGERS,
  since: NO_INTEGERS,
};

/** Columns of so many rows in one block: a buffer for each costs more than what a short one holds. */
function newColumns(rows: number) {
  const buffer = new ArrayBuffer(rows * (INTEGERS * 4 + 1));
  const integers = (column: number) => new Int32Array(buffer, rows * column * 4, rows);
  return {
    size: integers(0),
    first: integers(1),
    second: integers(2),
    stamp: integers(3),
    since: integers(4),
    fate: new Uint8Array(buffer, rows * INTEGERS * 4, rows),
  };
}

/** Copies `count` values of a ring, from index `start`, into a ring of twice the size, from index `target`. */
function regrown<Column extends Int32Array | Uint8Array>(
  column: Column,
  larger: Column,
  start: number,
  target: number,
  count: number,
): Column {
  const mask = column.length - 1;
  const largerMask = larger.length - 1;
  for (let step = 0; step < count; step++) {
    larger[(target + step) & largerMask] = column[(start + step) & mask] ?? 0;
  }
  return larger;
}
