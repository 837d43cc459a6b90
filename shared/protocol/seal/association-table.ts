import { LINK_INDEX_LIMIT } from "../wire/datagram-header.ts";
import { ONLY_WORKER, type WorkerPlace } from "../wire/worker-place.ts";

/** Gives out the 24-bit link indices of a process and finds what is behind the index of a datagram. */
export class AssociationTable<Entry> {
  readonly #entries = new Map<number, Entry>();
  readonly #random: (length: number) => Uint8Array;
  readonly #place: WorkerPlace;

  /** With several workers, the indices are those that lead to the one at `place`. */
  constructor(random: (length: number) => Uint8Array, place: WorkerPlace = ONLY_WORKER) {
    this.#random = random;
    this.#place = place;
  }

  /** Puts an entry under a fresh index, which is random so that a stranger cannot guess it from an older one. */
  add(entry: Entry): number {
    const { number, count } = this.#place;
    for (;;) {
      const [high = 0, middle = 0, low = 0] = this.#random(3);
      const drawn = (high << 16) | (middle << 8) | low;
      const index = drawn - (drawn % count) + number;
      if (index === 0 || index >= LINK_INDEX_LIMIT || this.#entries.has(index)) continue;
      this.#entries.set(index, entry);
      return index;
    }
  }

  get(index: number): Entry | undefined {
    return this.#entries.get(index);
  }

  /** Puts another entry under an index that is in use. */
  replace(index: number, entry: Entry): void {
    this.#entries.set(index, entry);
  }

  remove(index: number): void {
    this.#entries.delete(index);
  }

  get size(): number {
    return this.#entries.size;
  }
}
