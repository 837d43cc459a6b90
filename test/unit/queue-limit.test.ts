import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { queueLimit, SMALLEST_QUEUE } from "../../shared/protocol/queue/queue-limit.ts";
import { megabitsPerSecond, milliseconds } from "../../shared/protocol/units.ts";

const RATE = megabitsPerSecond(40);

describe("The limit of a queue", () => {
  it("is what the links carry in 0.3 s", () => {
    assert.equal(queueLimit(RATE), 0.3 * RATE);
    assert.equal(queueLimit(RATE, milliseconds(200)), 0.3 * RATE);
  });

  it("leaves room for half as much again as may wait with profit", () => {
    assert.equal(queueLimit(RATE, milliseconds(300)), 0.45 * RATE);
  });

  it("is never next to nothing, nor without end", () => {
    assert.equal(queueLimit(megabitsPerSecond(1)), SMALLEST_QUEUE);
    assert.equal(queueLimit(megabitsPerSecond(10_000)), 4 * 1024 * 1024);
  });
});
