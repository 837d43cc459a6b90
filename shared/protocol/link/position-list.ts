/** In place of a position where there is none. */
export const NO_POSITION = -1;

const SMALLEST = 16;
const NO_POSITIONS = new Float64Array(0);

/** Positions of packets, in order, in memory that is used again. */
export class PositionList {
  #positions = NO_POSITIONS;
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
      const larger = new Float64Array(Math.max(SMALLEST, 2 * this.#count));
      larger.set(this.#positions);
      this.#positions = larger;
    }
    this.#positions[this.#count++] = position;
  }

  clear(): void {
    this.#count = 0;
  }
}
