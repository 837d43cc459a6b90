import { LARGEST_WINDOW } from "./held-fragments.ts";
import { distance, type SequenceNumber, sequenceNumber } from "./sequence-number.ts";

// A power of two, in words of 32 bits.
const SIZE = LARGEST_WINDOW;
const MASK = SIZE - 1;
const WORD_SHIFT = 5;
const BIT_MASK = 31;

/** A set of sequence numbers that are at most `LARGEST_WINDOW` behind the newest in it: a bit for each. */
export class NumberWindow {
  readonly #words = new Int32Array(SIZE >> WORD_SHIFT);
  // The first number is 0, so this one is the last that can have been before it.
  #newest = sequenceNumber(-1);

  /** Adds a number; false when it is in the set already, or too far behind the newest to tell. */
  add(sequence: SequenceNumber): boolean {
    const ahead = distance(this.#newest, sequence);
    if (ahead <= -SIZE) return false;
    if (ahead > 0) this.#moveTo(sequence, ahead);
    const word = wordOf(sequence);
    const before = this.#words[word] ?? 0;
    this.#words[word] = before | bitOf(sequence);
    return (before & bitOf(sequence)) === 0;
  }

  /** Takes a number out, and says whether it was in the set. */
  take(sequence: SequenceNumber): boolean {
    const ahead = distance(this.#newest, sequence);
    if (ahead > 0 || ahead <= -SIZE) return false;
    const word = wordOf(sequence);
    const before = this.#words[word] ?? 0;
    this.#words[word] = before & ~bitOf(sequence);
    return (before & bitOf(sequence)) !== 0;
  }

  /** Forgets all numbers, and starts anew with `sequence` as the newest that is not in the set. */
  restart(sequence: SequenceNumber): void {
    this.#words.fill(0);
    this.#newest = sequence;
  }

  /** The places of the numbers that are passed over still have what was a whole window before. */
  #moveTo(sequence: SequenceNumber, ahead: number): void {
    if (ahead >= SIZE) this.#words.fill(0);
    else {
      for (let step = 1; step <= ahead; step++) {
        const passed = sequenceNumber(this.#newest + step);
        const word = wordOf(passed);
        this.#words[word] = (this.#words[word] ?? 0) & ~bitOf(passed);
      }
    }
    this.#newest = sequence;
  }
}

const wordOf = (sequence: SequenceNumber): number => (sequence & MASK) >> WORD_SHIFT;
const bitOf = (sequence: SequenceNumber): number => 1 << (sequence & BIT_MASK);
