import type { Arena } from "../packet/arena.ts";
import { CELL_SIZE, type CellPool, NO_CELL } from "../packet/cell-pool.ts";
import { HEADROOM } from "../packet/packet-batch.ts";
import { BEGIN, END } from "../wire/frame-header.ts";
import type { Fragment } from "./fragment.ts";

const PIECE_SIZE = CELL_SIZE - HEADROOM;

// Many small packets must not take all cells, each of which could hold a full one.
const LARGEST_COUNT = 4096;

/** Packets that wait for a link, first in, first out; a packet larger than a cell waits as several fragments. */
export class SendQueue {
  readonly #arena: Arena;
  readonly #cells: CellPool;
  readonly #items = new Int32Array(LARGEST_COUNT * 4);
  #first = 0;
  #count = 0;
  #bytes = 0;
  /** The most bytes that may wait; what comes on top is refused. */
  limit: number;

  constructor(arena: Arena, cells: CellPool, limit: number) {
    this.#arena = arena;
    this.#cells = cells;
    this.limit = limit;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Copies what is left of a packet behind the others; false when it does not fit as a whole. */
  push(fragment: Fragment): boolean {
    const length = fragment.length;
    const pieces = Math.ceil(length / PIECE_SIZE);
    if (this.#bytes + length > this.limit || this.#count + pieces > LARGEST_COUNT) return false;
    if (this.#cells.freeCount < pieces) return false;
    let taken = 0;
    for (let piece = 0; piece < pieces; piece++) {
      const size = Math.min(PIECE_SIZE, length - taken);
      const cell = this.#cells.take();
      if (cell === NO_CELL) return false;
      fragment.copyTo(this.#arena.bytes, cell + HEADROOM, taken, size);
      const begin = piece === 0 ? fragment.flags & BEGIN : 0;
      const end = piece === pieces - 1 ? fragment.flags & END : 0;
      this.#append(cell, size, begin | end | (fragment.flags & ~(BEGIN | END)), fragment.trafficClass);
      taken += size;
    }
    this.#bytes += length;
    return true;
  }

  /** Points `fragment` at the first in the queue, which stays there. */
  peek(fragment: Fragment): void {
    const item = this.#first * 4;
    const cell = this.#items[item] ?? 0;
    const sent = (this.#items[item + 3] ?? 0) >> 4;
    fragment.headOffset = cell + HEADROOM + sent;
    fragment.headLength = (this.#items[item + 1] ?? 0) - sent;
    fragment.bodyOffset = 0;
    fragment.bodyLength = 0;
    fragment.flags = this.#items[item + 2] ?? 0;
    fragment.trafficClass = (this.#items[item + 3] ?? 0) & 0xf;
    fragment.hasHeadroom = sent === 0;
  }

  /** Notes what `peek` gave and was sent since: all of it, or what `fragment` no longer holds. */
  consume(fragment: Fragment): void {
    const item = this.#first * 4;
    const sentBefore = (this.#items[item + 3] ?? 0) >> 4;
    const left = fragment.length;
    const sent = (this.#items[item + 1] ?? 0) - left;
    this.#bytes -= sent - sentBefore;
    if (left > 0) {
      this.#items[item + 2] = fragment.flags;
      this.#items[item + 3] = (sent << 4) | fragment.trafficClass;
      return;
    }
    this.#cells.release(this.#items[item] ?? 0);
    this.#first = (this.#first + 1) % LARGEST_COUNT;
    this.#count--;
  }

  /** Drops everything. */
  clear(): void {
    while (this.#count > 0) {
      this.#cells.release(this.#items[this.#first * 4] ?? 0);
      this.#first = (this.#first + 1) % LARGEST_COUNT;
      this.#count--;
    }
    this.#bytes = 0;
  }

  #append(cell: number, length: number, flags: number, trafficClass: number): void {
    const item = ((this.#first + this.#count++) % LARGEST_COUNT) * 4;
    this.#items[item] = cell;
    this.#items[item + 1] = length;
    this.#items[item + 2] = flags;
    this.#items[item + 3] = trafficClass;
  }
}
