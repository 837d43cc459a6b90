import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RoundShare } from "../../shared/protocol/session/round-share.ts";
import { milliseconds } from "../../shared/protocol/units.ts";

describe("A share of a round", () => {
  it("is used up within one reading of the clock, and whole again with the next", () => {
    const share = new RoundShare(2);
    const takeAt = (now: number): boolean => share.take(milliseconds(now));

    assert.deepEqual([takeAt(5), takeAt(5), takeAt(5)], [true, true, false]);
    assert.deepEqual([takeAt(6), takeAt(6), takeAt(6)], [true, true, false]);
  });
});
