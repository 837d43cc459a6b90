import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ReplayWindow } from "../../shared/protocol/seal/replay-window.ts";

const anySize = fc.constantFrom(1, 31, 32, 33, 64, 100, 2048);
const anyStart = fc.constantFrom(0, 2 ** 31 - 300, 2 ** 32 - 300, 2 ** 45 + 7);
const anySteps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: -20, max: 20 }) },
    { weight: 2, arbitrary: fc.integer({ min: -300, max: 300 }) },
    { weight: 1, arbitrary: fc.integer({ min: -5000, max: 10_000 }) },
  ),
  { maxLength: 400 },
);

describe("A replay window, whatever arrives,", () => {
  it("answers as a set of all numbers seen and a lower edge would (RFC 6479)", () => {
    fc.assert(
      fc.property(anySize, anyStart, anySteps, (size, start, steps) => {
        const window = new ReplayWindow(size);
        const seen = new Set<number>();
        let highest = -1;
        let cursor = start;
        for (const step of steps) {
          cursor = Math.max(0, cursor + step);
          const isAcceptable = cursor > highest - size && !seen.has(cursor);

          assert.equal(window.mayAccept(cursor), isAcceptable);
          assert.equal(window.accept(cursor), isAcceptable);

          if (isAcceptable) seen.add(cursor);
          highest = Math.max(highest, cursor);
          assert.equal(window.highest, highest);
          assert.equal(window.received, seen.size);
        }
      }),
    );
  });

  it("is after a run as after each of its numbers", () => {
    const anyGap = fc.constantFrom(0, 1, 30, 100, 5000);
    const anyRun = fc.record({ gap: anyGap, count: fc.integer({ min: 1, max: 3000 }), late: fc.nat(3000) });
    fc.assert(
      fc.property(anySize, anyStart, fc.array(anyRun, { maxLength: 10 }), (size, start, runs) => {
        const byRuns = new ReplayWindow(size);
        const oneByOne = new ReplayWindow(size);
        let next = start;
        for (const { gap, count, late } of runs) {
          next += gap;
          byRuns.acceptRun(next, count);
          for (const end = next + count; next < end; next++) oneByOne.accept(next);

          const number = Math.max(0, next - 1 - late);
          assert.equal(byRuns.accept(number), oneByOne.accept(number));
          assert.deepEqual([byRuns.highest, byRuns.received], [oneByOne.highest, oneByOne.received]);
          for (let below = 0; below < 100; below++)
            assert.equal(byRuns.mayAccept(next - below), oneByOne.mayAccept(next - below));
        }
      }),
    );
  });
});
