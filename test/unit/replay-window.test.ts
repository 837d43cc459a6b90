import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ReplayWindow } from "../../shared/protocol/seal/replay-window.ts";

const SIZE = 2048;

describe("A replay window", () => {
  it("starts empty", () => {
    const window = new ReplayWindow();

    assert.equal(window.highest, -1);
    assert.equal(window.received, 0);
    assert.equal(window.expected, 0);
    assert.equal(window.mayAccept(0), true);
  });

  it("accepts every number once", () => {
    const window = new ReplayWindow();

    assert.equal(window.accept(0), true);
    assert.equal(window.accept(0), false);
    assert.equal(window.accept(1), true);
    assert.equal(window.accept(1), false);
    assert.equal(window.highest, 1);
    assert.equal(window.received, 2);
  });

  it("accepts numbers out of order, each once", () => {
    const window = new ReplayWindow();

    const answers = [9, 3, 7, 3, 9, 8, 0].map((number) => window.accept(number));

    assert.deepEqual(answers, [true, true, true, false, false, true, true]);
    assert.equal(window.highest, 9);
    assert.equal(window.expected, 10);
    assert.equal(window.received, 5);
  });

  it("goes on refusing the first numbers of a session when many more have come", () => {
    const window = new ReplayWindow();
    const early = [0, 1, 31, 32, 500, 511];
    for (const number of early) window.accept(number);

    window.accept(512);
    window.accept(2000);

    assert.deepEqual(
      early.map((number) => window.accept(number)),
      early.map(() => false),
    );
    assert.equal(window.accept(2), true);
    assert.equal(window.accept(1999), true);
  });

  it("changes nothing by being asked", () => {
    const window = new ReplayWindow();

    assert.equal(window.mayAccept(5000), true);

    assert.equal(window.mayAccept(5000), true);
    assert.equal(window.highest, -1);
    assert.equal(window.accept(0), true);
  });

  it("refuses what is older than its size (RFC 6479 §2)", () => {
    const window = new ReplayWindow();
    window.accept(10_000);

    assert.equal(window.mayAccept(10_000 - SIZE), false);
    assert.equal(window.accept(10_000 - SIZE), false);
    assert.equal(window.accept(10_000 - SIZE + 1), true);
    assert.equal(window.accept(10_000 - SIZE + 1), false);
  });

  it("forgets all it saw when a number jumps ahead of it", () => {
    const window = new ReplayWindow();
    for (let number = 0; number < 3 * SIZE; number++) window.accept(number);

    window.accept(1_000_000);

    for (let number = 1_000_000 - SIZE + 1; number < 1_000_000; number++) assert.equal(window.accept(number), true);
    assert.equal(window.accept(1_000_000), false);
  });

  it("keeps what it saw inside the window when its words are used again (RFC 6479 §2)", () => {
    const window = new ReplayWindow(64);
    for (let number = 0; number < 1000; number += 2) window.accept(number);

    for (let number = 999 - 63; number < 999; number++) assert.equal(window.mayAccept(number), number % 2 === 1);
  });

  it("works above 2^32 and next to 2^53", () => {
    for (const start of [2 ** 31 - 100, 2 ** 32 - 100, 2 ** 53 - 5000]) {
      const window = new ReplayWindow();
      for (let number = start; number < start + 4000; number += 2) assert.equal(window.accept(number), true);

      assert.equal(window.accept(start + 3998), false);
      assert.equal(window.accept(start + 3997), true);
      assert.equal(window.accept(start + 3998 - SIZE + 1), true);
      assert.equal(window.accept(start + 3998 - SIZE), false);
      assert.equal(window.expected, start + 3999);
    }
  });
});
