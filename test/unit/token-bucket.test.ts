import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TokenBucket } from "../../shared/protocol/session/token-bucket.ts";
import { milliseconds } from "../../shared/protocol/units.ts";

describe("A token bucket", () => {
  it("allows so many at once, and then the pace", () => {
    const bucket = new TokenBucket({ perSecond: 10, atOnce: 3 });
    const takenAt = (now: number): number => [1, 2, 3, 4].filter(() => bucket.take(milliseconds(now))).length;

    assert.equal(takenAt(0), 3);
    assert.equal(takenAt(50), 0);
    assert.equal(takenAt(250), 2);
  });

  it("fills no higher than what it allows at once", () => {
    const bucket = new TokenBucket({ perSecond: 10, atOnce: 2 });
    bucket.take(milliseconds(0));

    const taken = [1, 2, 3].filter(() => bucket.take(milliseconds(60_000)));

    assert.equal(taken.length, 2);
  });
});
