import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { QueueDelay } from "../../shared/protocol/link/queue-delay.ts";
import { QueueTarget } from "../../shared/protocol/link/queue-target.ts";
import { megabitsPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import { Random } from "../emulator/random.ts";

const RATE = megabitsPerSecond(20);
const REPORT_GAP = 25;

describe("The queue that is wanted in a line", () => {
  it("is 4 ms on a steady line", () => {
    const target = after(10_000, () => 4);

    assert.equal(target.isRestless, false);
    assert.ok(target.wanted >= 4 && target.wanted < 5, `${target.wanted}`);
  });

  it("is longer by twice what the queue deviates, beyond 4 ms, where that is long and empty in turns", () => {
    const target = after(10_000, (now) => (now % 400 < 200 ? 0 : 30));

    assert.equal(target.isRestless, true);
    assert.ok(Math.abs(target.unrest - 2 * (15 - 4)) < 6, `${target.unrest}`);
  });

  it("is hardly longer after one change", () => {
    const target = after(10_000, (now) => (now < 9500 ? 0 : 50));

    assert.ok(target.unrest < 4, `${target.unrest}`);
  });

  it("is never longer by more than 50 ms", () => {
    const target = after(10_000, (now) => (now % 1000 < 500 ? 0 : 300));

    assert.equal(target.unrest, 50);
  });

  it("is short again ten seconds after the line has come to rest", () => {
    const target = after(20_000, (now) => (now < 10_000 && now % 1000 >= 500 ? 60 : 0));

    assert.equal(target.isRestless, false);
  });

  it("does not take jitter for unrest", () => {
    const random = new Random(1);

    const target = after(10_000, () => 20 * random.fraction());

    assert.equal(target.isRestless, false);
  });
});

/** The target after reports of a queue for so many milliseconds. */
function after(duration: number, queueAt: (now: number) => number): QueueTarget {
  const [target, queue] = [new QueueTarget(), new QueueDelay()];
  queue.setRate(RATE);
  for (let now = 0; now < duration; now += REPORT_GAP) {
    queue.sample(milliseconds(100 + queueAt(now)), 1400, milliseconds(now));
    target.update(RATE, queue, milliseconds(now));
  }
  return target;
}
