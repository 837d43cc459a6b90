import { Aead } from "../index.ts";

/** Random choices that a seed repeats. */
export class Dice {
  readonly random: () => number;

  constructor(seed: number) {
    this.random = makeRandom(seed);
  }

  /** A whole number from 0 to below the limit. */
  integer(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.integer(values.length)];
    if (value === undefined) throw new Error("nothing to pick");
    return value;
  }

  /** A number at the edge of what some integer type holds. */
  edge(): number {
    const edges = [0, 2 ** 16, 2 ** 24, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 31), -(2 ** 32)];
    return this.pick(edges) + this.integer(3) - 1;
  }

  /** Any value that a wrong caller might give. */
  junk(): unknown {
    return this.#makers[this.integer(this.#makers.length)]?.();
  }

  readonly #makers: readonly (() => unknown)[] = [
    () => undefined,
    () => null,
    () => true,
    () => "junk",
    () => "x".repeat(this.integer(5000)),
    () => Symbol("junk"),
    () => 10n ** 30n,
    () => ({}),
    () => [1, 2, 3],
    () => () => 1,
    () => new Aead(1),
    () => new Uint8Array(this.integer(100)),
    () => new Int32Array(this.integer(400)),
    () => new Int32Array(4000).subarray(this.integer(4000)),
    () => new Float64Array(100),
    () => new DataView(new ArrayBuffer(10)),
    () => new ArrayBuffer(100),
    () => new Proxy(new Uint8Array(100), {}),
    () => this.edge(),
    () => this.integer(100_000),
    () => -this.integer(100_000),
    () => this.pick([0.5, Number.NaN, -0.25, 1e300, Number.MAX_SAFE_INTEGER]),
    () => Number.NEGATIVE_INFINITY,
  ];
}

/** mulberry32: the same seed gives the same numbers. */
function makeRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
