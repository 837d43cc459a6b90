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

const SMALLEST = 64;
/** No more packets than this are remembered: at 1 Gbit/s and 1400 bytes, those of 0.7 s. */
export const LARGEST_RING = 65_536;
/** No more of them are waited for, so that keepalives and reports never write over one of which the fate is not known. */
export const MOST_AWAITED = LARGEST_RING - 1024;

/**
 * The latest packets sent on a link, as columns that are addressed by position: counted from 0 over all sessions of
 * the link. It doubles while the packets that are still to be kept do not fit; older ones are written over.
 */
export class SentRing {
  sentAt = new Float64Array(SMALLEST);
  size = new Int32Array(SMALLEST);
  first = new Int32Array(SMALLEST);
  second = new Int32Array(SMALLEST);
  fate = new Uint8Array(SMALLEST);
  /** The bytes sent before this packet. */
  sentBefore = new Float64Array(SMALLEST);
  /** What was delivered when the packet was sent, when that was, and when the packet before it in that flight left. */
  deliveredBefore = new Float64Array(SMALLEST);
  deliveredAt = new Float64Array(SMALLEST);
  flightStart = new Float64Array(SMALLEST);
  /** For how long the link had been idle before this packet, altogether. */
  idleBefore = new Float64Array(SMALLEST);
  #next = 0;
  /** What was written over before the ring grew is not remembered in the larger one. */
  #forgottenBefore = 0;

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

  /** Takes the next position and returns its index; positions from `keep` on are not written over while room is. */
  push(keep: number): number {
    if (this.#next - keep >= this.sentAt.length && this.sentAt.length < LARGEST_RING) this.#grow();
    return this.index(this.#next++);
  }

  #grow(): void {
    const from = this.oldest;
    this.#forgottenBefore = from;
    const count = this.#next - from;
    const start = this.index(from);
    const target = from & (2 * this.sentAt.length - 1);
    this.sentAt = regrown(this.sentAt, new Float64Array(2 * this.sentAt.length), start, target, count);
    this.size = regrown(this.size, new Int32Array(2 * this.size.length), start, target, count);
    this.first = regrown(this.first, new Int32Array(2 * this.first.length), start, target, count);
    this.second = regrown(this.second, new Int32Array(2 * this.second.length), start, target, count);
    this.fate = regrown(this.fate, new Uint8Array(2 * this.fate.length), start, target, count);
    this.sentBefore = regrown(this.sentBefore, new Float64Array(2 * this.sentBefore.length), start, target, count);
    this.deliveredBefore = regrown(
      this.deliveredBefore,
      new Float64Array(2 * this.deliveredBefore.length),
      start,
      target,
      count,
    );
    this.deliveredAt = regrown(this.deliveredAt, new Float64Array(2 * this.deliveredAt.length), start, target, count);
    this.flightStart = regrown(this.flightStart, new Float64Array(2 * this.flightStart.length), start, target, count);
    this.idleBefore = regrown(this.idleBefore, new Float64Array(2 * this.idleBefore.length), start, target, count);
  }
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

/** Positions of packets, in order, in memory that is used again. */
export class PositionList {
  #positions = new Float64Array(64);
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
      const larger = new Float64Array(2 * this.#count);
      larger.set(this.#positions);
      this.#positions = larger;
    }
    this.#positions[this.#count++] = position;
  }

  clear(): void {
    this.#count = 0;
  }
}
