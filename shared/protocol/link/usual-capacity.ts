import { type BytesPerSecond, bytesPerSecond, type Milliseconds, milliseconds } from "../units.ts";

// What a line carried is forgotten by 1/e in this time, in milliseconds.
const REMEMBERED_FOR = 10_000;

/** What a line whose rate changes all the time carried at its best lately, and so may carry again at any moment. */
export class UsualCapacity {
  #best = 0;
  #at: Milliseconds = milliseconds(0);

  /** Takes what the line carries at present. */
  update(capacity: BytesPerSecond, now: Milliseconds): void {
    this.#best = Math.max(capacity, this.#best * Math.exp((this.#at - now) / REMEMBERED_FOR));
    this.#at = now;
  }

  /** The best of the latest seconds, the older the less of it. */
  get best(): BytesPerSecond {
    return bytesPerSecond(this.#best);
  }

  /** Forgets everything, as on another path. */
  restart(): void {
    this.#best = 0;
  }
}
