import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LossFront } from "../../shared/protocol/bundle/loss-front.ts";
import { sequenceNumber } from "../../shared/protocol/bundle/sequence-number.ts";
import { milliseconds } from "../../shared/protocol/units.ts";

describe("The front of what is lost on its link", () => {
  it("has nothing behind it before it was anywhere", () => {
    const front = new LossFront();

    assert.equal(front.isBehind(sequenceNumber(0)), false);
    assert.equal(front.where(milliseconds(100)), undefined);
  });

  it("remembers when it passed a number, to some milliseconds", () => {
    const front = moved([10, 0], [20, 10], [21, 12], [30, 20]);

    assert.deepEqual(
      [9, 10, 20, 21, 29].map((sequence) => front.passedAt(sequenceNumber(sequence))),
      [0, 10, 10, 20, 20],
    );
    assert.equal(front.isBehind(sequenceNumber(29)), true);
    assert.equal(front.isBehind(sequenceNumber(30)), false);
  });

  it("remembers where it was", () => {
    const front = moved([10, 0], [20, 10], [30, 20]);

    assert.deepEqual(
      [-1, 0, 9, 10, 25].map((time) => front.where(milliseconds(time))),
      [undefined, 10, 10, 20, 30],
    );
  });

  it("does not go back", () => {
    const front = moved([10, 0], [7, 10]);

    assert.equal(front.passedAt(sequenceNumber(8)), 0);
    assert.equal(front.isBehind(sequenceNumber(9)), true);
  });

  it("says the oldest time that it knows when more is asked", () => {
    const front = new LossFront();
    for (let step = 0; step < 1000; step++) front.advance(sequenceNumber(step), milliseconds(10 * step));

    const oldest = front.passedAt(sequenceNumber(0));

    assert.ok(oldest >= 10_000 - 1300 && oldest < 10_000 - 500, `${oldest}`);
    assert.equal(front.where(milliseconds(1000)), undefined);
  });

  it("goes on across the wrap (RFC 1990 §3)", () => {
    const front = moved([2 ** 24 - 3, 0], [2, 10]);

    assert.equal(front.passedAt(sequenceNumber(1)), 10);
    assert.equal(front.isBehind(sequenceNumber(2 ** 24 - 1)), true);
  });

  it("starts anew when nothing was missing for half of all numbers", () => {
    const front = moved([10, 0], [2 ** 23 + 100, 5000]);

    assert.equal(front.passedAt(sequenceNumber(2 ** 23)), 5000);
    assert.equal(front.where(milliseconds(1000)), undefined);
  });
});

function moved(...steps: readonly (readonly [number, number])[]): LossFront {
  const front = new LossFront();
  for (const [sequence, time] of steps) front.advance(sequenceNumber(sequence), milliseconds(time));
  return front;
}
