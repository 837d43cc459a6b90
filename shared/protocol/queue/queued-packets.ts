import type { Fragment } from "../bundle/fragment.ts";
import type { Arena } from "../packet/arena.ts";
import { CELL_SIZE, type CellPool, NO_CELL } from "../packet/cell-pool.ts";
import { HEADROOM } from "../packet/packet-batch.ts";
import type { Milliseconds } from "../units.ts";
import { BEGIN, END } from "../wire/frame-header.ts";
import { LAST_PIECE, MARKED, NONE, QueuedPieces } from "./queued-pieces.ts";

const PIECE_SIZE = CELL_SIZE - HEADROOM;
const WHOLE = BEGIN | END;
const OWN_FLAGS = LAST_PIECE | MARKED;

/** How many pieces a packet of `length` bytes is queued as: a piece has a cell, with HEADROOM, to itself. */
export function pieceCount(length: number): number {
  return Math.ceil(length / PIECE_SIZE);
}

/** Copies of packets in cells of the arena, whatever their order; a packet is told by the row of its first piece. */
export class QueuedPackets {
  readonly pieces = new QueuedPieces();
  readonly bytes: Uint8Array;
  readonly #cells: CellPool;
  readonly #spareCells: number[] = [];
  /** How many packets there are, those included of which only a rest is left. */
  count = 0;
  /** How many of their bytes were not sent yet. */
  unsent = 0;

  constructor(arena: Arena, cells: CellPool) {
    this.bytes = arena.bytes;
    this.#cells = cells;
  }

  /** How many cells `copy` would find. */
  get cellCount(): number {
    return this.#cells.freeCount + this.#spareCells.length;
  }

  /** Copies what is left of a packet; answers its first piece. There are cells for its `pieceCount`. */
  copy(fragment: Fragment, now: Milliseconds): number {
    const length = fragment.length;
    const kept = fragment.flags & ~(BEGIN | END);
    let first = NONE;
    let last = NONE;
    for (let taken = 0; taken < length; taken += PIECE_SIZE) {
      const size = Math.min(PIECE_SIZE, length - taken);
      const cell = this.#takeCell();
      fragment.copyTo(this.bytes, cell + HEADROOM, taken, size);
      const begin = taken === 0 ? fragment.flags & BEGIN : 0;
      const end = taken + size === length ? (fragment.flags & END) | LAST_PIECE : 0;
      const row = this.pieces.add(cell, size, kept | begin | end, fragment.trafficClass, now);
      if (last === NONE) first = row;
      else this.pieces.setNext(last, row);
      last = row;
    }
    this.count++;
    this.unsent += length;
    return first;
  }

  /** Points `fragment` at what was not sent yet of a piece. */
  point(fragment: Fragment, row: number): void {
    const sent = this.pieces.sent(row);
    fragment.headOffset = this.pieces.cell(row) + HEADROOM + sent;
    fragment.headLength = this.pieces.length(row) - sent;
    fragment.bodyOffset = 0;
    fragment.bodyLength = 0;
    fragment.flags = this.pieces.flags(row) & ~OWN_FLAGS;
    fragment.trafficClass = this.pieces.trafficClass(row);
    fragment.hasHeadroom = sent === 0;
    const isWhole = sent === 0 && (fragment.flags & WHOLE) === WHOLE;
    fragment.cell = isWhole ? this.pieces.cell(row) : NO_CELL;
    fragment.isKept = false;
  }

  /** How many bytes were sent of the piece that `fragment` was pointed at. */
  sentSince(fragment: Fragment, row: number): number {
    return this.pieces.length(row) - fragment.length - this.pieces.sent(row);
  }

  /** Notes what was sent of the piece that `fragment` was pointed at; answers what is next: the same, or a later one. */
  settle(fragment: Fragment, row: number): number {
    const { pieces } = this;
    this.unsent -= this.sentSince(fragment, row);
    if (fragment.length === 0) {
      const next = pieces.next(row);
      if (pieces.isLast(row)) this.count--;
      if (!fragment.isKept) this.#cells.release(pieces.cell(row));
      pieces.remove(row);
      return next;
    }
    pieces.setSent(row, pieces.length(row) - fragment.length);
    pieces.setFlags(row, fragment.flags | (pieces.flags(row) & OWN_FLAGS));
    pieces.setTrafficClass(row, fragment.trafficClass);
    return row;
  }

  /**
   * Gives a packet up; answers the piece that followed it. The first `spare` of its cells are kept for `copy`: of a
   * packet that nothing was sent of, they are named by no batch, and need not wait for the pool to be recycled.
   */
  discard(first: number, spare = 0): number {
    const { pieces } = this;
    let row = first;
    for (let taken = 0, isLast = false; !isLast; taken++) {
      const next = pieces.next(row);
      isLast = pieces.isLast(row);
      this.unsent -= pieces.length(row) - pieces.sent(row);
      if (taken < spare) this.#spareCells.push(pieces.cell(row));
      else this.#cells.release(pieces.cell(row));
      pieces.remove(row);
      row = next;
    }
    this.count--;
    return row;
  }

  /** Gives cells back that were kept for a `copy` that does not come. */
  releaseSpare(): void {
    for (let cell = this.#spareCells.pop(); cell !== undefined; cell = this.#spareCells.pop()) {
      this.#cells.release(cell);
    }
  }

  #takeCell(): number {
    return this.#spareCells.pop() ?? this.#cells.take();
  }
}
