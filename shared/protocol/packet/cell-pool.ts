import type { Arena } from "./arena.ts";

/** The size of a cell: the largest datagram, and `HEADROOM` in front of a packet that waits to be sent. */
export const CELL_SIZE = 2048;

/** What `take` answers when every cell is in use. */
export const NO_CELL = -1;

/**
 * Equal cells of the arena for packets that must wait: received out of order, or queued for a busy link. Everything
 * else is forwarded from where it was read. A released cell may still be named by a batch that was not written yet,
 * so it is only handed out again after `recycle`, which the driver calls when all batches are flushed.
 */
export class CellPool {
  readonly capacity: number;
  readonly #free: Int32Array;
  #freeCount: number;
  readonly #spent: Int32Array;
  #spentCount = 0;
  /** How often `recycle` was called: how many times all batches were written. */
  rounds = 0;

  constructor(arena: Arena, capacity: number, size = CELL_SIZE) {
    this.capacity = capacity;
    this.#free = new Int32Array(capacity);
    this.#spent = new Int32Array(capacity);
    const base = arena.reserve(capacity * size);
    for (let cell = 0; cell < capacity; cell++) this.#free[cell] = base + (capacity - 1 - cell) * size;
    this.#freeCount = capacity;
  }

  /** The offset of a cell, or `NO_CELL`. */
  take(): number {
    if (this.#freeCount === 0) return NO_CELL;
    return this.#free[--this.#freeCount] ?? NO_CELL;
  }

  /** Takes so many cells, which are free, into a column from its start on. */
  takeRun(column: Int32Array, count: number): void {
    const free = this.#free;
    const last = this.#freeCount - 1;
    for (let place = 0; place < count; place++) column[place] = free[last - place] ?? NO_CELL;
    this.#freeCount -= count;
  }

  /** Gives a cell back; its bytes stay as they are until `recycle`. */
  release(offset: number): void {
    this.#spent[this.#spentCount++] = offset;
  }

  /** Makes the released cells free again. */
  recycle(): void {
    this.rounds++;
    for (let spent = 0; spent < this.#spentCount; spent++) {
      this.#free[this.#freeCount++] = this.#spent[spent] ?? NO_CELL;
    }
    this.#spentCount = 0;
  }

  get freeCount(): number {
    return this.#freeCount;
  }
}
