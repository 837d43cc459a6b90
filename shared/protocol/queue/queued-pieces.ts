import { type Milliseconds, milliseconds } from "../units.ts";

/** What stands where there is no row. */
export const NONE = -1;

/** In a piece's flags, beside BEGIN, END and CHECKSUM_PARTIAL: the packet ends here. */
export const LAST_PIECE = 0x100;

/** In a piece's flags: CoDel has marked the packet. */
export const MARKED = 0x200;

const SMALLEST_CAPACITY = 16;

// Columns of a row.
const CELL = 0;
const LENGTH = 1;
const SENT = 2;
const FLAGS = 3;
const CLASS = 4;
const NEXT = 5;
const COLUMN_COUNT = 6;

// Shared, as a server has thousands of empty queues.
const NO_ROWS = new Int32Array(0);
const NO_TIMES = new Float64Array(0);

/**
 * The pieces of packets that wait: a row for each, which names its cell and the piece behind it, in the same packet or
 * in the next one. A packet is a chain of rows up to one with LAST_PIECE. The table grows with what is in it.
 */
export class QueuedPieces {
  #rows = NO_ROWS;
  #queuedAt = NO_TIMES;
  #firstFree = NONE;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** A new row, which nothing follows. */
  add(cell: number, length: number, flags: number, trafficClass: number, now: Milliseconds): number {
    if (this.#firstFree === NONE) this.#grow();
    const row = this.#firstFree;
    this.#firstFree = this.next(row);
    this.#count++;
    const rows = this.#rows;
    const base = row * COLUMN_COUNT;
    rows[base + CELL] = cell;
    rows[base + LENGTH] = length;
    rows[base + SENT] = 0;
    rows[base + FLAGS] = flags;
    rows[base + CLASS] = trafficClass;
    rows[base + NEXT] = NONE;
    this.#queuedAt[row] = now;
    return row;
  }

  /** Frees a row; what it said may be read until the next `add`, but for what follows it. */
  remove(row: number): void {
    this.setNext(row, this.#firstFree);
    this.#firstFree = row;
    this.#count--;
  }

  cell(row: number): number {
    return this.#rows[row * COLUMN_COUNT + CELL] ?? NONE;
  }

  /** The bytes of the piece, sent or not. */
  length(row: number): number {
    return this.#rows[row * COLUMN_COUNT + LENGTH] ?? 0;
  }

  sent(row: number): number {
    return this.#rows[row * COLUMN_COUNT + SENT] ?? 0;
  }

  flags(row: number): number {
    return this.#rows[row * COLUMN_COUNT + FLAGS] ?? 0;
  }

  trafficClass(row: number): number {
    return this.#rows[row * COLUMN_COUNT + CLASS] ?? 0;
  }

  queuedAt(row: number): Milliseconds {
    return milliseconds(this.#queuedAt[row] ?? 0);
  }

  setQueuedAt(row: number, queuedAt: Milliseconds): void {
    this.#queuedAt[row] = queuedAt;
  }

  next(row: number): number {
    return this.#rows[row * COLUMN_COUNT + NEXT] ?? NONE;
  }

  setNext(row: number, next: number): void {
    this.#rows[row * COLUMN_COUNT + NEXT] = next;
  }

  setSent(row: number, sent: number): void {
    this.#rows[row * COLUMN_COUNT + SENT] = sent;
  }

  setFlags(row: number, flags: number): void {
    this.#rows[row * COLUMN_COUNT + FLAGS] = flags;
  }

  setTrafficClass(row: number, trafficClass: number): void {
    this.#rows[row * COLUMN_COUNT + CLASS] = trafficClass;
  }

  isLast(row: number): boolean {
    return (this.flags(row) & LAST_PIECE) !== 0;
  }

  /** The last piece of the packet whose piece is at `row`. */
  lastOfPacket(row: number): number {
    let last = row;
    while (!this.isLast(last)) last = this.next(last);
    return last;
  }

  /** The bytes of the packet from the piece at `first` on. */
  packetLength(first: number): number {
    let row = first;
    let length = this.length(row);
    while (!this.isLast(row)) {
      row = this.next(row);
      length += this.length(row);
    }
    return length;
  }

  /** Gives the table's memory back, which must be empty. */
  trim(): void {
    this.#rows = NO_ROWS;
    this.#queuedAt = NO_TIMES;
    this.#firstFree = NONE;
  }

  #grow(): void {
    const before = this.#queuedAt.length;
    const capacity = Math.max(SMALLEST_CAPACITY, 2 * before);
    const rows = new Int32Array(capacity * COLUMN_COUNT);
    const queuedAt = new Float64Array(capacity);
    rows.set(this.#rows);
    queuedAt.set(this.#queuedAt);
    this.#rows = rows;
    this.#queuedAt = queuedAt;
    for (let row = capacity - 1; row >= before; row--) {
      this.setNext(row, this.#firstFree);
      this.#firstFree = row;
    }
  }
}
