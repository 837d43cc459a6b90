import type { Arena } from "./arena.ts";

/** Where packets that came in several fragments are put together before they are written; emptied by `recycle`. */
export class AssemblyBuffer {
  readonly #base: number;
  readonly #size: number;
  #used = 0;

  constructor(arena: Arena, size: number) {
    this.#base = arena.reserve(size);
    this.#size = size;
  }

  /** The offset of `length` free bytes, or -1 when they are not left. */
  take(length: number): number {
    if (this.#used + length > this.#size) return -1;
    const offset = this.#base + this.#used;
    this.#used += length;
    return offset;
  }

  /** Forgets everything that was taken. */
  recycle(): void {
    this.#used = 0;
  }
}
