/** Dice. Tests name the seed when they fail; `SEED=…` in the environment replays it. */
export class Random {
  readonly seed: number;
  #state: number;

  constructor(seed = Number(process.env["SEED"] ?? Date.now() % 0x7fffffff)) {
    this.seed = seed;
    this.#state = seed >>> 0;
  }

  /** The next 32 bits (mulberry32). */
  bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** An integer from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + (this.bits() % (most - least + 1));
  }

  chance(one: number): boolean {
    return this.bits() % one === 0;
  }

  pick<const T>(values: readonly [T, ...T[]]): T {
    return values[this.bits() % values.length] ?? values[0];
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let index = 0; index < length; index++) bytes[index] = this.bits();
    return bytes;
  }
}
