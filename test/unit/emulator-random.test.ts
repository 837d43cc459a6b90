import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Random } from "../emulator/random.ts";

describe("Random", () => {
  it("gives the same sequence for the same seed and another for another", () => {
    const sequence = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => random.uint32());
    };

    assert.deepEqual(sequence(7), sequence(7));
    assert.notDeepEqual(sequence(7), sequence(8));
  });

  it("spreads evenly over its range", () => {
    const random = new Random(1);
    const bins = new Array<number>(16).fill(0);
    for (let draw = 0; draw < 160_000; draw++) {
      const bin = random.below(16);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }

    const chiSquare = bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);

    assert.ok(chiSquare < 37.7, `chi square ${chiSquare}: above the 0.1 % point of 15 degrees of freedom`);
  });

  it("starts well from a seed of zero", () => {
    const random = new Random(0);

    const draws = new Set(Array.from({ length: 1000 }, () => random.uint32()));

    assert.ok(draws.size > 995);
  });

  it("happens always and never at the ends of probability, without a draw", () => {
    const random = new Random(5);
    const untouched = new Random(5);

    assert.equal(random.happens(0), false);
    assert.equal(random.happens(1), true);
    assert.equal(random.uint32(), untouched.uint32());
  });
});
