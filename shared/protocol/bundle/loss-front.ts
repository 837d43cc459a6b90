import { type Milliseconds, milliseconds } from "../units.ts";
import { LARGEST_WINDOW } from "./held-fragments.ts";
import { distance, isBefore, type SequenceNumber, sequenceNumber } from "./sequence-number.ts";

// Half a second at least, in steps that are short beside any wait; a power of two.
const ENTRIES = 128;
const MASK = ENTRIES - 1;
const STEP = 4;

/**
 * Up to where the missing fragments of a class are lost on the links that they were sent on, and since when: what
 * RFC 1990 §4.1 says of M, remembered for some time.
 */
export class LossFront {
  readonly #sequences = new Int32Array(ENTRIES);
  readonly #times = new Float64Array(ENTRIES);
  #count = 0;

  /** Moves on: what is missing before `sequence` is lost on its link. Times are exact to 4 ms, and rather early. */
  advance(sequence: SequenceNumber, now: Milliseconds): void {
    const newest = this.#count - 1;
    if (newest >= 0) {
      const ahead = distance(this.#at(newest), sequence);
      // What is so far behind is none of this time: nothing was missing for half of all numbers.
      if (ahead < -LARGEST_WINDOW) this.#count = 0;
      else if (ahead <= 0) return;
      else if (now - this.#timeOf(newest) < STEP) {
        this.#sequences[newest & MASK] = sequence;
        return;
      }
    }
    this.#sequences[this.#count & MASK] = sequence;
    this.#times[this.#count & MASK] = now;
    this.#count++;
  }

  /** Forgets where it was, and begins with `sequence`. */
  restart(sequence: SequenceNumber, now: Milliseconds): void {
    this.#count = 0;
    this.advance(sequence, now);
  }

  /** Whether a fragment that is missing is lost on its link. */
  isBehind(sequence: SequenceNumber): boolean {
    if (this.#count === 0) return false;
    const ahead = distance(sequence, this.#at(this.#count - 1));
    return ahead > 0 && ahead <= LARGEST_WINDOW;
  }

  /** Since when a fragment that is behind the front is; the oldest time that is known where that is forgotten. */
  passedAt(sequence: SequenceNumber): Milliseconds {
    let place = this.#count - 1;
    while (place > this.#oldest && isBefore(sequence, this.#at(place - 1))) place--;
    return this.#timeOf(place);
  }

  /** Where the front was at a time, or undefined when that is forgotten. */
  where(time: Milliseconds): SequenceNumber | undefined {
    for (let place = this.#count - 1; place >= this.#oldest; place--) {
      if (this.#timeOf(place) <= time) return this.#at(place);
    }
    return undefined;
  }

  get #oldest(): number {
    return Math.max(0, this.#count - ENTRIES);
  }

  #at(place: number): SequenceNumber {
    return sequenceNumber(this.#sequences[place & MASK] ?? 0);
  }

  #timeOf(place: number): Milliseconds {
    return milliseconds(this.#times[place & MASK] ?? 0);
  }
}
