import type { Arena } from "../packet/arena.ts";
import { NO_CELL } from "../packet/cell-pool.ts";
import { BEGIN, END } from "../wire/frame-header.ts";
import { FragmentRun } from "./fragment-run.ts";
import type { HeldCells } from "./held-cells.ts";
import { advance, distance, next, type SequenceNumber, sequenceNumber } from "./sequence-number.ts";

/** Noted of a fragment beside BEGIN, END and CHECKSUM_PARTIAL: its place is taken. */
export const PRESENT = 1;

const WHOLE = BEGIN | END;
const SMALLEST_WINDOW = 64;
const NO_PLACE = -1;

/** The most fragments of one class that wait at a time: 300 ms of skew at 300 Mbit/s in full packets. */
export const LARGEST_WINDOW = 8192;

/**
 * Fragments that came before their turn, by sequence number: a ring that starts small and grows with the skew of the
 * links. The bytes lie in cells of the arena, or for a while where they were received. Beside their order they are linked in the order in which they came.
 */
export class HeldFragments {
  readonly #arena: Arena;
  readonly #cells: HeldCells;
  #ring = newRing(0);
  #mask = 0;
  #count = 0;
  #oldest = NO_PLACE;
  #newest = NO_PLACE;
  /** How many were not copied yet. */
  #inPlace = 0;

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

  /** Fragments of the packet at the head: how many when it is complete, 0 when some are missing, -1 for an orphan. */
  packetSize(head: SequenceNumber, headFlags: number): number {
    if ((headFlags & BEGIN) === 0) return -1;
    if ((headFlags & END) !== 0) return 1;
    let sequence = next(head);
    for (let count = 2; count <= this.#count; count++) {
      const flags = this.flags(sequence);
      if (flags === 0) return 0;
      if ((flags & BEGIN) !== 0) return -1;
      if ((flags & END) !== 0) return count;
      sequence = next(sequence);
    }
    return 0;
  }

  /**
   * Reads whole packets of at most so many bytes into a run, of which all or none have a partial checksum: those from `head` on
   * that are here. Answers how many; where they lie and their flags are set.
   */
  readWhole(head: SequenceNumber, longest: number, run: FragmentRun): number {
    const { flags, offsets, lengths } = this.#ring;
    const alike = flags[head & this.#mask] ?? 0;
    const most = (alike & WHOLE) === WHOLE ? Math.min(this.#count, FragmentRun.LONGEST) : 0;
    let count = 0;
    for (; count < most; count++) {
      const place = (head + count) & this.#mask;
      const length = lengths[place] ?? 0;
      if (flags[place] !== alike || length > longest) break;
      run.offsets[count] = offsets[place] ?? 0;
      run.lengths[count] = length;
    }
    run.count = count;
    run.flags = alike & ~PRESENT;
    return count;
  }

  /** The length of a packet of so many fragments. */
  packetLength(head: SequenceNumber, fragments: number): number {
    let length = 0;
    for (let fragment = 0; fragment < fragments; fragment++) length += this.length(advance(head, fragment));
    return length;
  }

  /** Copies the fragments of a packet to an offset of the arena, one behind the other. */
  copyPacket(head: SequenceNumber, fragments: number, target: number): void {
    let end = target;
    for (let fragment = 0; fragment < fragments; fragment++) {
      const sequence = advance(head, fragment);
      const start = this.offset(sequence);
      this.#arena.bytes.copyWithin(end, start, start + this.length(sequence));
      end += this.length(sequence);
    }
  }

  /** The first sequence number from `head` on, before which nothing is held, that is not here. */
  gapFrom(head: SequenceNumber): SequenceNumber {
    let sequence = head;
    let left = this.#count;
    while (left-- > 0 && this.flags(sequence) !== 0) sequence = next(sequence);
    return sequence;
  }

  /** How many from `head` on are not here, before the first that is, and at most `most`. */
  missingFrom(head: SequenceNumber, most: number): number {
    if (this.#count === 0) return most;
    let missing = 0;
    while (missing < most && this.flags(advance(head, missing)) === 0) missing++;
    return missing;
  }

  /** The first after `gap` that is here, or undefined; `head` is as for `gapFrom`. */
  firstAfter(gap: SequenceNumber, head: SequenceNumber): SequenceNumber | undefined {
    let sequence = next(gap);
    while (distance(head, sequence) < this.window) {
      if (this.flags(sequence) !== 0) return sequence;
      sequence = next(sequence);
    }
    return undefined;
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
        before.cells[place] ?? 0,
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
    this.#write(sequence, flags | PRESENT, cell, cell, length, now);
    this.#count++;
    return true;
  }

  /** As `hold`, but leaves the bytes where they are until `keep`. */
  holdInPlace(sequence: SequenceNumber, flags: number, offset: number, length: number, now: number): boolean {
    const cell = this.#cells.take();
    if (cell === NO_CELL) return false;
    this.#write(sequence, flags | PRESENT, cell, offset, length, now);
    this.#count++;
    this.#inPlace++;
    return true;
  }

  /** Copies what is not in its cell yet. */
  keep(): void {
    const { cells, offsets, lengths, older } = this.#ring;
    for (let place = this.#newest; this.#inPlace > 0; place = older[place] ?? NO_PLACE) {
      const [cell, offset] = [cells[place] ?? 0, offsets[place] ?? 0];
      if (cell === offset) continue;
      this.#arena.bytes.copyWithin(cell, offset, offset + (lengths[place] ?? 0));
      offsets[place] = cell;
      this.#inPlace--;
    }
  }

  /** Takes a fragment out; its bytes stay readable until the cells are recycled. */
  remove(sequence: SequenceNumber): void {
    const place = sequence & this.#mask;
    const { flags, cells, offsets, older, newer } = this.#ring;
    if ((flags[place] ?? 0) === 0) return;
    flags[place] = 0;
    if (offsets[place] !== cells[place]) this.#inPlace--;
    this.#cells.release(cells[place] ?? NO_CELL);
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

  #write(
    sequence: SequenceNumber,
    flags: number,
    cell: number,
    offset: number,
    length: number,
    heldAt: number,
  ): void {
    const ring = this.#ring;
    const place = sequence & this.#mask;
    ring.sequences[place] = sequence;
    ring.cells[place] = cell;
    ring.offsets[place] = offset;
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
    cells: new Int32Array(size),
    offsets: new Int32Array(size),
    lengths: new Int32Array(size),
    flags: new Uint8Array(size),
    heldAt: new Float64Array(size),
    older: new Int32Array(size),
    newer: new Int32Array(size),
  };
}
