import { type Milliseconds, milliseconds } from "../units.ts";

/** What has become of a packet that was sent. */
export const FATE = {
  /** Sent, without being watched: a report, a keepalive, or a number that was never recorded. */
  unwatched: 0,
  outstanding: 1,
  acknowledged: 2,
  lost: 3,
} as const;

/** In place of a position where there is none. */
export const NO_POSITION = -1;

const SMALLEST = 16;
const DOUBLES = 6;
const INTEGERS = 3;
// What rings at rest share, of which nothing is read that matters; not empty, so that no index is outside.
const NO_DOUBLES = new Float64Array(1);
const NO_INTEGERS = new Int32Array(1);
const NO_FATES = new Uint8Array(1);
/** No more packets than this are remembered: at 1 Gbit/s and 1400 bytes, those of 0.7 s. */
export const LARGEST_RING = 65_536;
/** No more of them are waited for, so that keepalives and reports never write over one of which the fate is not known. */
export const MOST_AWAITED = LARGEST_RING - 1024;

/** What is noted with a packet of when it left: the columns of doubles of a `SentRing`. */
export class SendStamp {
  sentAt = Number.NaN;
  sentBefore = Number.NaN;
  deliveredBefore = Number.NaN;
  deliveredAt = Number.NaN;
  flightStart = Number.NaN;
  idleBefore = Number.NaN;
}

/** Packets that leave at once: each its size on the line, and the caller's two integers. */
export class SentRun {
  /** How many there can be. */
  static readonly LONGEST = 256;
  readonly sizes = new Int32Array(SentRun.LONGEST);
  readonly firsts = new Int32Array(SentRun.LONGEST);
  readonly seconds = new Int32Array(SentRun.LONGEST);
  count = 0;
}

/**
 * The latest packets sent on a link, as columns that are addressed by position: counted from 0 over all sessions of
 * the link. It doubles while the packets that are still to be kept do not fit; older ones are written over. At rest, as it
 * begins, it has no memory of its own: a server has thousands of links that carry nothing but keepalives.
 */
export class SentRing {
  sentAt = NO_DOUBLES;
  size = NO_INTEGERS;
  first = NO_INTEGERS;
  second = NO_INTEGERS;
  fate = NO_FATES;
  /** The bytes sent before this packet. */
  sentBefore = NO_DOUBLES;
  /** What was delivered when the packet was sent, when that was, and when the packet before it in that flight left. */
  deliveredBefore = NO_DOUBLES;
  deliveredAt = NO_DOUBLES;
  flightStart = NO_DOUBLES;
  /** For how long the link had been idle before this packet, altogether. */
  idleBefore = NO_DOUBLES;
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
    return Math.max(this.#forgottenBefore, this.#next - this.sentAt.length);
  }

  /** Where in the columns a position is. */
  index(position: number): number {
    return position & (this.sentAt.length - 1);
  }

  isRemembered(position: number): boolean {
    return position >= this.oldest && position < this.#next;
  }

  /** Makes room for `count` packets more, so that positions from `keep` on are not written over while room is. */
  reserve(count: number, keep: number): void {
    if (this.#isAtRest) this.#wake();
    while (this.#next + count - keep > this.sentAt.length && this.sentAt.length < LARGEST_RING) this.#grow();
  }

  /** Writes the next packet over what is at its index, with a fate of its own; two integers more are the caller's. */
  push(size: number, fate: number, stamp: SendStamp, first = 0, second = 0): void {
    const index = this.index(this.#next++);
    this.size[index] = size;
    this.first[index] = first;
    this.second[index] = second;
    this.fate[index] = fate;
    this.sentAt[index] = stamp.sentAt;
    this.sentBefore[index] = stamp.sentBefore;
    this.deliveredBefore[index] = stamp.deliveredBefore;
    this.deliveredAt[index] = stamp.deliveredAt;
    this.flightStart[index] = stamp.flightStart;
    this.idleBefore[index] = stamp.idleBefore;
  }

  /** Pushes packets that leave at once and are outstanding; `stamp` is that of the first. Answers their bytes. */
  pushRun({ count, sizes, firsts, seconds }: SentRun, stamp: SendStamp): number {
    const before = stamp.sentBefore;
    for (let step = 0; step < count; step++) {
      const size = sizes[step] ?? 0;
      this.push(size, FATE.outstanding, stamp, firsts[step], seconds[step]);
      stamp.sentBefore += size;
    }
    return stamp.sentBefore - before;
  }

  /** Forgets what was sent, and gives the memory back. */
  rest(): void {
    if (this.#isAtRest) return;
    this.#isAtRest = true;
    this.#forgottenBefore = this.#next;
    this.#use(NO_COLUMNS);
  }

  #wake(): void {
    this.#isAtRest = false;
    this.#use(newColumns(SMALLEST));
  }

  #grow(): void {
    const from = this.oldest;
    this.#forgottenBefore = from;
    const count = this.#next - from;
    const start = this.index(from);
    const larger = newColumns(2 * this.sentAt.length);
    const target = from & (larger.sentAt.length - 1);
    const grown = <Column extends Float64Array | Int32Array | Uint8Array>(before: Column, after: Column): Column =>
      regrown(before, after, start, target, count);
    this.#use({
      sentAt: grown(this.sentAt, larger.sentAt),
      size: grown(this.size, larger.size),
      first: grown(this.first, larger.first),
      second: grown(this.second, larger.second),
      fate: grown(this.fate, larger.fate),
      sentBefore: grown(this.sentBefore, larger.sentBefore),
      deliveredBefore: grown(this.deliveredBefore, larger.deliveredBefore),
      deliveredAt: grown(this.deliveredAt, larger.deliveredAt),
      flightStart: grown(this.flightStart, larger.flightStart),
      idleBefore: grown(this.idleBefore, larger.idleBefore),
    });
  }

  #use(columns: ReturnType<typeof newColumns>): void {
    this.sentAt = columns.sentAt;
    this.size = columns.size;
    this.first = columns.first;
    this.second = columns.second;
    this.fate = columns.fate;
    this.sentBefore = columns.sentBefore;
    this.deliveredBefore = columns.deliveredBefore;
    this.deliveredAt = columns.deliveredAt;
    this.flightStart = columns.flightStart;
    this.idleBefore = columns.idleBefore;
  }
}

const NO_COLUMNS: ReturnType<typeof newColumns> = {
  sentAt: NO_DOUBLES,
  sentBefore: NO_DOUBLES,
  deliveredBefore: NO_DOUBLES,
  deliveredAt: NO_DOUBLES,
  flightStart: NO_DOUBLES,
  idleBefore: NO_DOUBLES,
  size: NO_INTEGERS,
  first: NO_INTEGERS,
  second: NO_INTEGERS,
  fate: NO_FATES,
};

/** Columns of so many rows in one block: a buffer for each costs more than what a short one holds. */
function newColumns(rows: number) {
  const buffer = new ArrayBuffer(rows * (DOUBLES * 8 + INTEGERS * 4 + 1));
  const doubles = (column: number) => new Float64Array(buffer, column * rows * 8, rows);
  const integers = (column: number) => new Int32Array(buffer, rows * (DOUBLES * 8 + column * 4), rows);
  return {
    sentAt: doubles(0),
    sentBefore: doubles(1),
    deliveredBefore: doubles(2),
    deliveredAt: doubles(3),
    flightStart: doubles(4),
    idleBefore: doubles(5),
    size: integers(0),
    first: integers(1),
    second: integers(2),
    fate: new Uint8Array(buffer, rows * (DOUBLES * 8 + INTEGERS * 4), rows),
  };
}

/** Copies `count` values of a ring, from index `start`, into a ring of twice the size, from index `target`. */
function regrown<Column extends Float64Array | Int32Array | Uint8Array>(
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

const NO_POSITIONS = new Float64Array(0);

/** Positions of packets, in order, in memory that is used again. */
export class PositionList {
  #positions = NO_POSITIONS;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The position at a place from 0 to `count` - 1. */
  at(place: number): number {
    return this.#positions[place] ?? NO_POSITION;
  }

  push(position: number): void {
    if (this.#count === this.#positions.length) {
      const larger = new Float64Array(Math.max(SMALLEST, 2 * this.#count));
      larger.set(this.#positions);
      this.#positions = larger;
    }
    this.#positions[this.#count++] = position;
  }

  clear(): void {
    this.#count = 0;
  }
}
