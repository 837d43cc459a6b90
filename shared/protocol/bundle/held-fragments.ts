import type { Arena } from "../packet/arena.ts";
import { NO_CELL } from "../packet/cell-pool.ts";
import type { HeldCells } from "./held-cells.ts";
import { distance, type SequenceNumber, sequenceNumber } from "./sequence-number.ts";

/** Noted of a fragment beside BEGIN, END and CHECKSUM_PARTIAL: its place is taken. */
export const PRESENT = 1;

const SMALLEST_WINDOW = 64;
const NO_PLACE = -1;

/** The most fragments of one class that wait at a time: 300 ms of skew at 300 Mbit/s in full packets. */
export const LARGEST_WINDOW = 8192;

/**
 * Fragments that came before their turn, by sequence number: a ring that starts small and grows with the skew of the
 * links. The bytes lie in cells of the arena. Beside their order they are linked in the order in which they came.
 */
export class HeldFragments {
  readonly #arena: Arena;
  readonly #cells: HeldCells;
  #ring = newRing(0);
  #mask = 0;
  #count = 0;
  #oldest = NO_PLACE;
  #newest = NO_PLACE;

  constructor(arena: Arena, cells: HeldCells) {
    this.#arena = arena;
    this.#cells = cells;
  }

  get count(): number {
    return this.#count;
  }

  /** How many sequence numbers from the head on can be told apart. */
  get window(): number {
    return this.#ring.flags.length;
  }

  flags(sequence: SequenceNumber): number {
    return this.#ring.flags[sequence & this.#mask] ?? 0;
  }

  offset(sequence: SequenceNumber): number {
    return this.#ring.offsets[sequence & this.#mask] ?? 0;
  }

  length(sequence: SequenceNumber): number {
    return this.#ring.lengths[sequence & this.#mask] ?? 0;
  }

  /** When the first of those behind `gap` came that are still here, or undefined when none is behind it. */
  oldestBehind(gap: SequenceNumber): number | undefined {
    const { sequences, heldAt, newer } = this.#ring;
    for (let place = this.#oldest; place !== NO_PLACE; place = newer[place] ?? NO_PLACE) {
      if (distance(gap, sequenceNumber(sequences[place] ?? 0)) > 0) return heldAt[place];
    }
    return undefined;
  }

  /** When the latest of those that are here came. */
  get newestAt(): number {
    return this.#ring.heldAt[this.#newest] ?? 0;
  }

  /** Makes room for `ahead` places from the head on; the caller keeps `ahead` at or below `LARGEST_WINDOW`. */
  reserve(ahead: number): void {
    if (ahead <= this.window) return;
    let wanted = Math.max(SMALLEST_WINDOW, this.window);
    while (wanted < ahead) wanted *= 2;
    const before = this.#ring;
    const first = this.#oldest;
    this.#ring = newRing(wanted);
    this.#mask = wanted - 1;
    this.#oldest = NO_PLACE;
    this.#newest = NO_PLACE;
    for (let place = first; place !== NO_PLACE; place = before.newer[place] ?? NO_PLACE) {
      this.#write(
        sequenceNumber(before.sequences[place] ?? 0),
        before.flags[place] ?? 0,
        before.offsets[place] ?? 0,
        before.lengths[place] ?? 0,
        before.heldAt[place] ?? 0,
      );
    }
  }

  /** Copies a fragment into a cell; false when there is none for it. */
  hold(sequence: SequenceNumber, flags: number, offset: number, length: number, now: number): boolean {
    const cell = this.#cells.take();
    if (cell === NO_CELL) return false;
    this.#arena.bytes.copyWithin(cell, offset, offset + length);
    this.#write(sequence, flags | PRESENT, cell, length, now);
    this.#count++;
    return true;
  }

  /** Takes a fragment out; its bytes stay readable until the cells are recycled. */
  remove(sequence: SequenceNumber): void {
    const place = sequence & this.#mask;
    const { flags, offsets, older, newer } = this.#ring;
    if ((flags[place] ?? 0) === 0) return;
    flags[place] = 0;
    this.#cells.release(offsets[place] ?? NO_CELL);
    this.#count--;
    const before = older[place] ?? NO_PLACE;
    const after = newer[place] ?? NO_PLACE;
    if (before === NO_PLACE) this.#oldest = after;
    else newer[before] = after;
    if (after === NO_PLACE) this.#newest = before;
    else older[after] = before;
  }

  /** Gives every cell back. */
  clear(): void {
    const { sequences } = this.#ring;
    while (this.#oldest !== NO_PLACE) this.remove(sequenceNumber(sequences[this.#oldest] ?? 0));
  }

  #write(sequence: SequenceNumber, flags: number, cell: number, length: number, heldAt: number): void {
    const ring = this.#ring;
    const place = sequence & this.#mask;
    ring.sequences[place] = sequence;
    ring.offsets[place] = cell;
    ring.lengths[place] = length;
    ring.flags[place] = flags;
    ring.heldAt[place] = heldAt;
    ring.older[place] = this.#newest;
    ring.newer[place] = NO_PLACE;
    if (this.#newest === NO_PLACE) this.#oldest = place;
    else ring.newer[this.#newest] = place;
    this.#newest = place;
  }
}

function newRing(size: number) {
  return {
    sequences: new Int32Array(size),
    offsets: new Int32Array(size),
    lengths: new Int32Array(size),
    flags: new Uint8Array(size),
    heldAt: new Float64Array(size),
    older: new Int32Array(size),
    newer: new Int32Array(size),
  };
}
