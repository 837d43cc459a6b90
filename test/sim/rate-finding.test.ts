import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { megabitsPerSecond, milliseconds, seconds } from "../../shared/protocol/units.ts";
import type { LineOptions } from "../emulator/line-options.ts";
import { Random } from "../emulator/random.ts";
import { RateTrial } from "../support/rate-trial.ts";

const SEEDS = 3;
const AUTO = { kind: "auto" } as const;
const randomLoss = (probability: number): Partial<LineOptions> => ({ loss: { kind: "random", probability } });
const jitter = (mayReorder: boolean): Partial<LineOptions> => ({ jitter: milliseconds(20), mayReorder });
const shallow = (limit: number): Partial<LineOptions> => ({ queue: { kind: "time", limit: milliseconds(limit) } });
const BURSTS: Partial<LineOptions> = {
  loss: { kind: "gilbert-elliott", toBad: 0.002, toGood: 0.1, lossWhenGood: 0, lossWhenBad: 0.5 },
};

// Megabits per second, delay one way, the longest queue (95th percentile, in ms of the line) and what else there is.
const LINES: readonly (readonly [name: string, rate: number, delay: number, queue: number, Partial<LineOptions>])[] =
  [
    ["0.5 Mbit/s", 0.5, 20, 100, {}],
    ["1 Mbit/s", 1, 20, 75, {}],
    ["5 Mbit/s", 5, 5, 15, {}],
    ["20 Mbit/s", 20, 10, 15, {}],
    ["20 Mbit/s and 75 ms", 20, 75, 15, {}],
    ["100 Mbit/s", 100, 2, 15, {}],
    ["100 Mbit/s and 150 ms", 100, 150, 40, {}],
    ["20 Mbit/s with a queue of 2 s", 20, 10, 15, shallow(2000)],
    ["20 Mbit/s with a queue of 5 ms", 20, 10, 15, shallow(5)],
    ["100 Mbit/s with a queue of 2 ms", 100, 20, 15, shallow(2)],
    ["20 Mbit/s with 1 % loss", 20, 10, 15, randomLoss(0.01)],
    ["20 Mbit/s with 5 % loss", 20, 10, 15, randomLoss(0.05)],
    ["100 Mbit/s with 5 % loss", 100, 20, 15, randomLoss(0.05)],
    ["20 Mbit/s with loss in bursts", 20, 10, 15, BURSTS],
    ["20 Mbit/s with 20 ms of jitter in order", 20, 10, 40, jitter(false)],
    ["100 Mbit/s with 20 ms of jitter in order", 100, 10, 40, jitter(false)],
    ["20 Mbit/s with 20 ms of reordering jitter", 20, 10, 25, jitter(true)],
  ];

describe("An automatic rate", () => {
  for (const [name, rate, delay, queue, more] of LINES) {
    it(`uses a line of ${name} after 5 s, and follows its halving and doubling within 2.5 s`, () => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const trial = automatic(rate, delay, more, seed);
        trial.run(seconds(5));
        const steady = trial.run(seconds(4));
        assert.ok(steady.carried >= 0.9 * megabitsPerSecond(rate), `seed ${seed}: ${steady.carried}`);
        assert.ok(steady.queue95 <= queue, `seed ${seed}: queue of ${steady.queue95} ms`);

        trial.change({ rate: megabitsPerSecond(rate / 2) });
        trial.run(seconds(2.5));
        const halved = trial.run(seconds(1.5));
        assert.ok(halved.carried >= 0.88 * megabitsPerSecond(rate / 2), `seed ${seed}, halved: ${halved.carried}`);
        assert.ok(halved.queue95 <= 2 * queue, `seed ${seed}, halved: queue of ${halved.queue95} ms`);

        trial.change({ rate: megabitsPerSecond(rate) });
        trial.run(seconds(2.5));
        const doubled = trial.run(seconds(2));
        assert.ok(doubled.carried >= 0.88 * megabitsPerSecond(rate), `seed ${seed}, doubled: ${doubled.carried}`);
      }
    });
  }

  it("uses random lines, nine in ten with a queue below 15 ms", () => {
    const random = new Random(20261121);
    let short = 0;
    for (let run = 0; run < 20; run++) {
      const rate = 3 * 50 ** random.fraction();
      const delay = 2 + random.below(80);
      const loss = random.happens(0.5) ? 0 : 0.05 * random.fraction();
      const trial = automatic(rate, delay, randomLoss(loss), run);
      trial.run(seconds(5));
      const { carried, queue95 } = trial.run(seconds(3));

      const what = `run ${run}: ${rate.toFixed(1)} Mbit/s, ${delay} ms, loss ${loss.toFixed(3)}`;
      assert.ok(carried >= 0.9 * megabitsPerSecond(rate), `${what}: ${carried / megabitsPerSecond(rate)}`);
      assert.ok(queue95 < 60, `${what}: queue of ${queue95} ms`);
      if (queue95 < 15) short++;
    }
    assert.ok(short >= 18, `${short}`);
  });

  it("is not lowered while little is sent, and is right at once when much is", () => {
    const offered = (now: number): number => (now > 5000 && now < 25_000 ? megabitsPerSecond(2) : 1e9);
    const trial = new RateTrial({ line: lineOf(20, 10, {}), limits: AUTO, seed: 1, offered });
    trial.run(seconds(5));
    const before = trial.estimator.capacity;
    const confidence = trial.estimator.confidence(trial.now);

    trial.run(seconds(19));
    assert.ok(trial.estimator.capacity >= 0.95 * before);
    assert.ok(trial.estimator.confidence(trial.now) < confidence);
    trial.run(seconds(1));

    assert.ok(trial.run(milliseconds(500)).carried >= 0.93 * megabitsPerSecond(20));
  });

  it("is lowered when a line becomes slower than the little that is sent", () => {
    const offered = (): number => megabitsPerSecond(8);
    const trial = new RateTrial({ line: lineOf(20, 10, {}), limits: AUTO, seed: 1, offered });
    trial.run(seconds(5));

    trial.change({ rate: megabitsPerSecond(4) });
    trial.run(seconds(2.5));
    const { carried, queue95 } = trial.run(seconds(2));

    assert.ok(carried >= 0.9 * megabitsPerSecond(4));
    assert.ok(queue95 < 25, `${queue95}`);
  });

  it("bears clocks that drift and wrap", () => {
    for (const drift of [100e-6, -100e-6]) {
      const clockError = (now: number): number => 4_290_000 + now * drift;
      const trial = new RateTrial({ line: lineOf(20, 10, {}), limits: AUTO, seed: 1, clockError });
      trial.run(seconds(5));
      const { carried, queue95 } = trial.run(seconds(40));

      assert.ok(carried >= 0.97 * megabitsPerSecond(20));
      assert.ok(queue95 < 15, `${queue95}`);
    }
  });

  it("is back at once after a cut, and takes a longer route for a longer route", () => {
    const trial = automatic(20, 10, {}, 1);
    trial.run(seconds(5));
    trial.line.cut(trial.now);
    trial.run(seconds(1));
    trial.line.restore(trial.now);
    trial.run(seconds(1));
    assert.ok(trial.run(seconds(1)).carried >= 0.95 * megabitsPerSecond(20));

    trial.change({ delay: milliseconds(60) });
    trial.run(seconds(2.5));
    assert.ok(trial.run(seconds(2)).carried >= 0.9 * megabitsPerSecond(20));
    trial.change({ delay: milliseconds(10) });
    trial.run(seconds(2.5));
    const { carried, queue95 } = trial.run(seconds(2));

    assert.ok(carried >= 0.9 * megabitsPerSecond(20));
    assert.ok(queue95 < 15, `${queue95}`);
  });

  it("does not fill a line that stalls", () => {
    const trial = automatic(20, 10, { queue: { kind: "unlimited" } }, 1);
    trial.run(seconds(5));

    trial.change({ rate: megabitsPerSecond(0) });
    trial.run(seconds(3));

    assert.ok(trial.line.queuedBytes < (megabitsPerSecond(20) * 350) / 1000, `${trial.line.queuedBytes}`);
  });
});

describe("A configured rate", () => {
  it("is sent at once, with no queue in the line", () => {
    const trial = configured(20, 20);

    const { carried, queue95 } = trial.run(seconds(5));

    assert.ok(carried >= 0.99 * megabitsPerSecond(20));
    assert.ok(queue95 < 5, `${queue95}`);
    assert.equal(trial.estimator.state.kind, "at ceiling");
    assert.ok(!trial.estimator.isConfiguredTooHigh);
  });

  it("that is twice the line's is noticed, and what the line carries is sent", () => {
    const trial = configured(40, 20);
    trial.run(seconds(2));

    const { carried, queue95 } = trial.run(seconds(4));

    assert.ok(carried >= 0.95 * megabitsPerSecond(20));
    assert.ok(queue95 < 15, `${queue95}`);
    assert.ok(trial.estimator.isConfiguredTooHigh);
    assert.match(trial.estimator.reason, /carries 20 Mbit\/s/);
  });

  it("that is half the line's is not exceeded, and said to be perhaps too low", () => {
    const trial = configured(10, 20);
    assert.ok(!trial.estimator.mayBeTooLow);

    const { carried } = trial.run(seconds(12));

    assert.ok(Math.abs(carried / megabitsPerSecond(10) - 1) < 0.01);
    assert.ok(trial.estimator.mayBeTooLow);
    assert.ok(!trial.estimator.isConfiguredTooHigh);
  });

  it("is not said to be too low while little is sent", () => {
    const trial = new RateTrial({
      line: lineOf(20, 10, {}),
      limits: { kind: "ceiling", rate: megabitsPerSecond(10) },
      seed: 1,
      offered: () => megabitsPerSecond(3),
    });

    trial.run(seconds(15));

    assert.ok(!trial.estimator.mayBeTooLow);
    assert.equal(trial.estimator.rate, megabitsPerSecond(10));
  });

  it("of a range starts at its minimum, is found in between, and never exceeds its maximum", () => {
    const limits = { kind: "range", minimum: megabitsPerSecond(2), maximum: megabitsPerSecond(30) } as const;
    const trial = new RateTrial({ line: lineOf(20, 10, {}), limits, seed: 1 });
    assert.equal(trial.estimator.rate, megabitsPerSecond(2));
    trial.run(seconds(3));
    assert.ok(trial.run(seconds(2)).carried >= 0.95 * megabitsPerSecond(20));

    trial.change({ rate: megabitsPerSecond(50) });
    trial.run(seconds(3));
    assert.ok(Math.abs(trial.run(seconds(2)).carried / megabitsPerSecond(30) - 1) < 0.02);
    trial.change({ rate: megabitsPerSecond(1) });
    trial.run(seconds(4));

    assert.ok(trial.run(seconds(2)).carried >= 0.9 * megabitsPerSecond(1));
    assert.ok(trial.estimator.isConfiguredTooHigh);
  });
});

function lineOf(rate: number, delay: number, more: Partial<LineOptions>): Partial<LineOptions> {
  const queue = { kind: "time", limit: milliseconds(100) } as const;
  return { rate: megabitsPerSecond(rate), delay: milliseconds(delay), queue, ...more };
}

function automatic(rate: number, delay: number, more: Partial<LineOptions>, seed: number): RateTrial {
  return new RateTrial({ line: lineOf(rate, delay, more), limits: AUTO, seed });
}

function configured(ceiling: number, rate: number): RateTrial {
  return new RateTrial({
    line: lineOf(rate, 10, {}),
    limits: { kind: "ceiling", rate: megabitsPerSecond(ceiling) },
    seed: 1,
  });
}
