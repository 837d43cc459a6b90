import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LARGEST_WINDOW } from "../../shared/protocol/bundle/held-fragments.ts";
import { NumberWindow } from "../../shared/protocol/bundle/number-window.ts";
import { sequenceNumber } from "../../shared/protocol/bundle/sequence-number.ts";

const LAST = 2 ** 24 - 1;

describe("A window of sequence numbers", () => {
  it("takes each number in once", () => {
    assert.deepEqual(added(new NumberWindow(), [0, 1, 1, 5, 3, 5, 3, 2]), [0, 1, 5, 3, 2]);
  });

  it("forgets what is a whole window behind the newest, and takes nothing in from there", () => {
    const window = new NumberWindow();
    added(window, [0, 1, 2, LARGEST_WINDOW]);

    assert.deepEqual(added(window, [0, 1, LARGEST_WINDOW + 1, 1]), [LARGEST_WINDOW + 1]);
  });

  it("has nothing in it that was passed over, wherever it jumps to", () => {
    for (const jump of [31, 32, 33, LARGEST_WINDOW - 1, LARGEST_WINDOW, 3 * LARGEST_WINDOW + 5]) {
      const window = new NumberWindow();
      added(window, range(0, 100));
      const target = 99 + jump;

      const isNew = added(window, [target, ...range(Math.max(100, target - LARGEST_WINDOW + 1), target)]);

      assert.equal(isNew.length, Math.min(LARGEST_WINDOW, jump));
    }
  });

  it("goes on across the wrap (RFC 1990 §3)", () => {
    const window = new NumberWindow();
    window.restart(sequenceNumber(LAST - 2));

    assert.deepEqual(added(window, [LAST - 1, 0, LAST, 1, 0, LAST]), [LAST - 1, 0, LAST, 1]);
  });

  it("gives a number out once", () => {
    const window = new NumberWindow();
    added(window, [3, 9]);

    const taken = [9, 3, 3, 4, 10, LAST].filter((sequence) => window.take(sequenceNumber(sequence)));

    assert.deepEqual(taken, [9, 3]);
    assert.deepEqual(added(window, [3]), [3]);
  });

  it("is empty after a restart", () => {
    const window = new NumberWindow();
    added(window, range(0, 64));

    window.restart(sequenceNumber(-1));

    assert.deepEqual(added(window, [7, 0]), [7, 0]);
  });
});

function added(window: NumberWindow, sequences: readonly number[]): number[] {
  return sequences.filter((sequence) => window.add(sequenceNumber(sequence)));
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, step) => start + step);
}
