/**
 * Reproducible randomness for the emulator, the simulation and the tests: xoshiro128** by Blackman and Vigna, its state
 * filled from a 32-bit seed by splitmix32. The same seed gives the same sequence everywhere. Not for secrets.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number) {
    const mix = splitMix(seed);
    this.#a = mix();
    this.#b = mix();
    this.#c = mix();
    this.#d = mix();
  }

  /** A whole number, uniform over 0 to 2^32 - 1. */
  uint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }

  /** A fraction, uniform over 0 (possible) to 1 (never reached). */
  fraction(): number {
    return this.uint32() / 2 ** 32;
  }

  /** A whole number, uniform over 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** True with this probability; draws nothing when it is 0 or 1, so that unused features do not shift the sequence. */
  happens(probability: number): boolean {
    if (probability <= 0) return false;
    return probability >= 1 || this.fraction() < probability;
  }
}

const rotateLeft = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

function splitMix(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let word = state ^ (state >>> 16);
    word = Math.imul(word, 0x21f0aaad);
    word ^= word >>> 15;
    word = Math.imul(word, 0x735a2d97);
    return word ^ (word >>> 15);
  };
}
