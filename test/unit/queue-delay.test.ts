import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { QueueDelay } from "../../shared/protocol/link/queue-delay.ts";
import { bytesPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import { Random } from "../emulator/random.ts";

describe("A queueing delay", () => {
  it("is 0 before the first sample and at the smallest delay, whatever the clocks say", () => {
    const queue = new QueueDelay();
    assert.equal(queue.current, 0);

    queue.sample(milliseconds(-5_000_000), 1400, milliseconds(0));

    assert.equal(queue.current, 0);
  });

  it("is how much a delay is above the smallest of the last ten seconds", () => {
    const queue = new QueueDelay();
    for (let now = 0; now < 5000; now += 25) queue.sample(milliseconds(100), 1400, milliseconds(now));

    for (let now = 5000; now < 5200; now += 25) queue.sample(milliseconds(130), 1400, milliseconds(now));

    assert.equal(queue.current, 30);
  });

  it("is over 300 ms after the latest sample, as a line that is given nothing has no queue", () => {
    const queue = new QueueDelay();
    assert.equal(queue.currentAt(milliseconds(0)), 0);
    for (let now = 0; now < 1000; now += 25)
      queue.sample(milliseconds(now < 900 ? 100 : 130), 1400, milliseconds(now));
    queue.sample(milliseconds(130), 1400, milliseconds(1200));

    assert.deepEqual([queue.currentAt(milliseconds(1500)), queue.currentAt(milliseconds(1501))], [30, 0]);
  });

  it("accepts a longer route within ten seconds", () => {
    const queue = new QueueDelay();
    for (let now = 0; now < 5000; now += 25) queue.sample(milliseconds(100), 1400, milliseconds(now));
    for (let now = 5000; now < 15_500; now += 25) queue.sample(milliseconds(150), 1400, milliseconds(now));

    assert.equal(queue.current, 0);
  });

  for (const drift of [100, -100]) {
    it(`is right within a millisecond while the clocks drift by ${drift} parts in a million`, () => {
      const queue = new QueueDelay();
      for (let now = 0; now < 600_000; now += 30) {
        const wait = now % 5000 < 500 ? 0 : 10;
        queue.sample(milliseconds(20 + wait + (now * drift) / 1e6), 1400, milliseconds(now));
        if (now > 1000) assert.ok(Math.abs(queue.current - wait) <= 1.1 || now % 5000 < 700 || now % 5000 > 4950);
      }
    });
  }

  it("does not take the time that large packets need on a slow line for waiting", () => {
    const queue = new QueueDelay();
    queue.setRate(bytesPerSecond(125_000));
    for (let now = 0; now < 2000; now += 25) {
      const size = now % 50 === 0 ? 100 : 1400;
      queue.sample(milliseconds(10 + size / 125), size, milliseconds(now));

      assert.ok(queue.current < 0.001, `${queue.current}`);
    }
  });

  it("knows the line's jitter, and does not take it for waiting", () => {
    const random = new Random(1);
    const queue = new QueueDelay();
    let sum = 0;
    for (let now = 0; now < 20_000; now += 25) {
      queue.sample(milliseconds(50 + 20 * random.fraction()), 1400, milliseconds(now));
      if (now >= 1000) sum += queue.current;
    }

    assert.ok(queue.variation > 3 && queue.variation < 9, `${queue.variation}`);
    assert.ok(sum / (19_000 / 25) < 5, `${sum / (19_000 / 25)}`);
  });

  it("starts anew when the peer has another clock", () => {
    const queue = new QueueDelay();
    for (let now = 0; now < 1000; now += 25) queue.sample(milliseconds(100), 1400, milliseconds(now));

    queue.sample(milliseconds(90_000), 1400, milliseconds(1000));

    assert.equal(queue.current, 0);
  });

  it("takes the present delay for that of an empty queue when told so", () => {
    const queue = new QueueDelay();
    queue.sample(milliseconds(100), 1400, milliseconds(0));
    for (let now = 25; now < 1000; now += 25) queue.sample(milliseconds(112), 1400, milliseconds(now));

    queue.rebase();

    assert.equal(queue.current, 0);
  });
});
