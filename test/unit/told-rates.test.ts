import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { RateLimits } from "../../shared/protocol/link/configured-rate.ts";
import { limitsTold, maximumOf, minimumOf, strictest } from "../../shared/protocol/session/told-rates.ts";
import { bytesPerSecond, UNLIMITED } from "../../shared/protocol/units.ts";

const rate = bytesPerSecond;
const AUTO: RateLimits = { kind: "auto" };
const ceiling = (value: number): RateLimits => ({ kind: "ceiling", rate: rate(value) });
const range = (minimum: number, maximum: number): RateLimits => ({
  kind: "range",
  minimum: rate(minimum),
  maximum: rate(maximum),
});

describe("Rates that were told", () => {
  it("are the limits that they were told for", () => {
    for (const limits of [AUTO, ceiling(5000), range(2000, 5000)]) {
      assert.deepEqual(limitsTold(maximumOf(limits), minimumOf(limits)), limits);
    }
  });

  it("are a ceiling when the least is not below the most", () => {
    assert.deepEqual(limitsTold(rate(5000), rate(5000)), ceiling(5000));
    assert.deepEqual(limitsTold(rate(5000), rate(9000)), ceiling(5000));
  });

  it("are to be found when only the least is told", () => {
    assert.deepEqual(limitsTold(UNLIMITED, rate(9000)), AUTO);
  });
});

describe("The limits of both ends together", () => {
  for (const [one, other, both] of [
    [AUTO, AUTO, AUTO],
    [AUTO, ceiling(5), ceiling(5)],
    [AUTO, range(2, 5), range(2, 5)],
    [ceiling(7), ceiling(5), ceiling(5)],
    [ceiling(4), range(2, 5), range(2, 4)],
    [ceiling(2), range(2, 5), ceiling(2)],
    [range(3, 9), range(2, 5), range(2, 5)],
    [range(6, 9), range(2, 5), range(2, 5)],
  ] as const) {
    it(`are the smaller: ${maximumOf(one)} and ${maximumOf(other)}`, () => {
      assert.deepEqual(strictest(one, other), both);
      assert.deepEqual(strictest(other, one), both);
    });
  }

  it("never allow more than either", () => {
    const anyRate = fc.integer({ min: 1, max: 1000 });
    const anyLimits = fc.oneof(
      fc.constant(AUTO),
      anyRate.map(ceiling),
      fc
        .tuple(anyRate, anyRate)
        .filter(([minimum, maximum]) => minimum < maximum)
        .map(([minimum, maximum]) => range(minimum, maximum)),
    );
    fc.assert(
      fc.property(anyLimits, anyLimits, (one, other) => {
        assert.equal(maximumOf(strictest(one, other)), Math.min(maximumOf(one), maximumOf(other)));
      }),
    );
  });
});
