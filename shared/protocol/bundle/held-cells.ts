import { CELL_SIZE, type CellPool, NO_CELL } from "../packet/cell-pool.ts";

// As much as a class may hold: 300 ms of skew at 300 Mbit/s in full packets. A slower bundle never gets there, as
// nothing waits for long.
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * The cells of one bundle in which fragments wait for their turn. A bundle holds at most as many as it leaves free, so
 * that a peer that sends nothing but gaps does not take them from other bundles.
 */
export class HeldCells {
  readonly #pool: CellPool;
  readonly #limit: number;
  #count = 0;

  /** `limit` is in cells. */
  constructor(pool: CellPool, limit = MOST_BYTES / CELL_SIZE) {
    this.#pool = pool;
    this.#limit = limit;
  }

  /** How many cells are in use. */
  get count(): number {
    return this.#count;
  }

  /** Whether giving some back can help to get another. */
  get canMakeRoom(): boolean {
    return this.#count > 0 && this.#pool.freeCount > 0;
  }

  /** The offset of a cell, or `NO_CELL`. */
  take(): number {
    if (this.#count >= this.#limit || this.#count >= this.#pool.freeCount) return NO_CELL;
    this.#count++;
    return this.#pool.take();
  }

  /** Gives a cell back; its bytes stay readable until the cells are recycled. */
  release(cell: number): void {
    this.#count--;
    this.#pool.release(cell);
  }
}
