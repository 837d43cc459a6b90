import { type Milliseconds, milliseconds } from "../units.ts";

// In milliseconds. What is usual is known soon, so that one change of the line's rate or route is hardly any unrest; how
// far from it the queue is, is remembered for some seconds.
const USUAL_OVER = 700;
const REMEMBERED_FOR = 3000;
// A pause tells nothing.
const LARGEST_GAP = 200;
const LARGEST = 200;

/** How far the queue in a line is from its usual length, on average: next to nothing on a line that carries always the same. */
export class QueueDeviation {
  #usual = 0;
  #deviation = 0;
  #at: Milliseconds = milliseconds(0);

  /** In milliseconds. */
  get value(): Milliseconds {
    return milliseconds(this.#deviation);
  }

  /** Takes the queueing delay as a report tells it. */
  sample(queue: Milliseconds, now: Milliseconds): void {
    const elapsed = Math.min(LARGEST_GAP, now - this.#at);
    this.#at = now;
    const length = Math.min(LARGEST, queue);
    this.#deviation += (Math.abs(length - this.#usual) - this.#deviation) * (1 - Math.exp(-elapsed / REMEMBERED_FOR));
    this.#usual += (length - this.#usual) * (1 - Math.exp(-elapsed / USUAL_OVER));
  }

  /** Forgets everything, as on another path. */
  restart(): void {
    this.#usual = 0;
    this.#deviation = 0;
  }
}
