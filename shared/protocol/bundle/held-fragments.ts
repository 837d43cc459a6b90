import type { Arena } from "../packet/arena.ts";
import { type CellPool, NO_CELL } from "../packet/cell-pool.ts";
import type { SequenceNumber } from "./sequence-number.ts";

/** Noted of a fragment beside BEGIN, END and CHECKSUM_PARTIAL: its place is taken. */
export const PRESENT = 1;

const SMALLEST_WINDOW = 64;

/** The most fragments of one class that wait at a time: 300 ms of skew at 300 Mbit/s in full packets. */
export const LARGEST_WINDOW = 8192;

/**
 * Fragments that came before their turn, by sequence number: a ring that starts small and grows with the skew of the
 * links. The bytes lie in cells of the arena.
 */
export class HeldFragments {
  readonly #arena: Arena;
  readonly #cells: CellPool;
  #mask = 0;
  #offsets = new Int32Array(0);
  #lengths = new Int32Array(0);
  #flags = new Uint8Array(0);
  #heldAt = new Float64Array(0);
  #count = 0;

  constructor(arena: Arena, cells: CellPool) {
    this.#arena = arena;
    this.#cells = cells;
  }

  get count(): number {
    return this.#count;
  }

  /** How many sequence numbers from the head on can be told apart. */
  get window(): number {
    return this.#offsets.length;
  }

  flags(sequence: SequenceNumber): number {
    return this.#flags[sequence & this.#mask] ?? 0;
  }

  offset(sequence: SequenceNumber): number {
    return this.#offsets[sequence & this.#mask] ?? 0;
  }

  length(sequence: SequenceNumber): number {
    return this.#lengths[sequence & this.#mask] ?? 0;
  }

  heldAt(sequence: SequenceNumber): number {
    return this.#heldAt[sequence & this.#mask] ?? 0;
  }

  /** Makes room for `ahead` places from `head` on; the caller keeps `ahead` at or below `LARGEST_WINDOW`. */
  reserve(head: SequenceNumber, ahead: number): void {
    const size = this.#offsets.length;
    if (ahead <= size) return;
    let wanted = Math.max(SMALLEST_WINDOW, size);
    while (wanted < ahead) wanted *= 2;
    const [offsets, lengths, flags, heldAt, mask] = [
      this.#offsets,
      this.#lengths,
      this.#flags,
      this.#heldAt,
      this.#mask,
    ];
    this.#offsets = new Int32Array(wanted);
    this.#lengths = new Int32Array(wanted);
    this.#flags = new Uint8Array(wanted);
    this.#heldAt = new Float64Array(wanted);
    this.#mask = wanted - 1;
    for (let place = 0; place < size; place++) {
      const from = (head + place) & mask;
      const to = (head + place) & this.#mask;
      this.#offsets[to] = offsets[from] ?? 0;
      this.#lengths[to] = lengths[from] ?? 0;
      this.#flags[to] = flags[from] ?? 0;
      this.#heldAt[to] = heldAt[from] ?? 0;
    }
  }

  /** Copies a fragment into a cell; false when it is there already or no cell is free. */
  hold(sequence: SequenceNumber, flags: number, offset: number, length: number, now: number): boolean {
    const place = sequence & this.#mask;
    if (this.#flags[place] !== 0) return false;
    const cell = this.#cells.take();
    if (cell === NO_CELL) return false;
    this.#arena.bytes.copyWithin(cell, offset, offset + length);
    this.#offsets[place] = cell;
    this.#lengths[place] = length;
    this.#flags[place] = flags | PRESENT;
    this.#heldAt[place] = now;
    this.#count++;
    return true;
  }

  /** Takes a fragment out; its bytes stay readable until the cells are recycled. */
  remove(sequence: SequenceNumber): void {
    const place = sequence & this.#mask;
    if (this.#flags[place] === 0) return;
    this.#flags[place] = 0;
    this.#cells.release(this.#offsets[place] ?? NO_CELL);
    this.#count--;
  }

  /** Gives every cell back. */
  clear(): void {
    for (let place = 0; place < this.#flags.length; place++) {
      if (this.#flags[place] !== 0) this.#cells.release(this.#offsets[place] ?? NO_CELL);
    }
    this.#flags.fill(0);
    this.#count = 0;
  }
}
