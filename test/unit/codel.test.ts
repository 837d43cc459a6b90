import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type CodelQueue, codelTarget, controlLaw, newCodel, settleHead } from "../../shared/protocol/queue/codel.ts";
import {
  bytesPerSecond,
  type Milliseconds,
  megabitsPerSecond,
  milliseconds,
  UNLIMITED,
} from "../../shared/protocol/units.ts";

const FULL_PACKET = 1514;
const TARGET = milliseconds(5);

describe("CoDel's target", () => {
  it("is 5 ms (RFC 8289 §4.3)", () => {
    assert.equal(codelTarget(megabitsPerSecond(100), FULL_PACKET), 5);
    assert.equal(codelTarget(UNLIMITED, FULL_PACKET), 5);
  });

  it("is the time of one and a half packets on a slow line (RFC 8290 §5.2.2)", () => {
    assert.equal(codelTarget(bytesPerSecond(100_000), 1000), 15);
  });

  it("is never reached without a line", () => {
    assert.equal(codelTarget(bytesPerSecond(0), FULL_PACKET), Number.POSITIVE_INFINITY);
  });
});

describe("CoDel's control law", () => {
  it("drops at a rate that grows with the square root of the drops (RFC 8289 §5.6)", () => {
    assert.equal(controlLaw(milliseconds(1000), 1), 1100);
    assert.equal(controlLaw(milliseconds(1000), 4), 1050);
    assert.equal(controlLaw(milliseconds(1000), 100), 1010);
  });
});

describe("CoDel", () => {
  it("drops nothing while the delay is below the target (RFC 8289 §5.5)", () => {
    const events = run({ delay: 4.9, length: 20 }, 0, 10_000);

    assert.deepEqual(events, []);
  });

  it("drops nothing of a queue of one full packet, however slow it is (RFC 8289 §5.6)", () => {
    const events = run({ delay: 500, length: 1 }, 0, 10_000);

    assert.deepEqual(events, []);
  });

  it("first drops when the delay has been above the target for an interval (RFC 8289 §5.6)", () => {
    const events = run({ delay: 5, length: 20 }, 0, 101);

    assert.deepEqual(events, [100]);
  });

  it("starts the interval anew when the delay was below the target once", () => {
    const queue = new SteadyQueue({ delay: 50, length: 20 });
    const codel = newCodel();
    for (let now = 0; now < 300; now++) {
      queue.delay = now % 100 === 99 ? 1 : 50;
      settleHead(codel, queue, TARGET, milliseconds(now));
    }

    assert.deepEqual(queue.drops, []);
  });

  it("drops again an interval later, then interval / sqrt(count) later each time (RFC 8289 §5.5)", () => {
    const events = run({ delay: 50, length: 20 }, 0, 500);

    assert.deepEqual(events, [100, 200, 271, 329, 379, 424, 464]);
  });

  it("drops as many at a time as are due (RFC 8289 §5.5)", () => {
    const queue = new SteadyQueue({ delay: 50, length: 20 });
    const codel = newCodel();
    for (const now of [0, 100, 330]) settleHead(codel, queue, TARGET, milliseconds(now));

    assert.deepEqual(queue.drops, [100, 330, 330, 330]);
  });

  it("stops dropping when the delay is below the target (RFC 8289 §5.5)", () => {
    const queue = new SteadyQueue({ delay: 50, length: 20 });
    const codel = newCodel();
    for (const now of [0, 100, 150]) settleHead(codel, queue, TARGET, milliseconds(now));
    queue.delay = 1;
    settleHead(codel, queue, TARGET, milliseconds(210));

    assert.equal(codel.isDropping, false);
    assert.deepEqual(queue.drops, [100]);
  });

  it("starts at the rate it had, when the delay is back within 16 intervals (RFC 8289 §5.5)", () => {
    assert.equal(countAfterPause(1000), 6);
    assert.equal(countAfterPause(2000), 1);
  });

  it("marks what is ECN-capable instead, one packet at a time (RFC 8290 §5.2.6)", () => {
    const queue = new SteadyQueue({ delay: 50, length: 20, isCapable: true });
    const codel = newCodel();
    for (const now of [0, 100, 330, 331, 332, 333]) settleHead(codel, queue, TARGET, milliseconds(now));

    assert.deepEqual(queue.drops, []);
    assert.deepEqual(queue.marks, [100, 330, 331, 332]);
    assert.equal(codel.count, 4);
  });

  it("forgets the delay when the queue is empty (RFC 8289 §5.6)", () => {
    const queue = new SteadyQueue({ delay: 50, length: 20 });
    const codel = newCodel();
    settleHead(codel, queue, TARGET, milliseconds(0));
    queue.length = 0;
    settleHead(codel, queue, TARGET, milliseconds(50));
    queue.length = 20;
    for (const now of [60, 150]) settleHead(codel, queue, TARGET, milliseconds(now));

    assert.deepEqual(queue.drops, []);
  });
});

type SteadyQueueOptions = { readonly delay: number; readonly length: number; readonly isCapable?: boolean };

/** A queue that is always full of packets with the same delay. */
class SteadyQueue implements CodelQueue {
  delay: number;
  length: number;
  readonly drops: number[] = [];
  readonly marks: number[] = [];
  readonly #isCapable: boolean;
  #now = 0;

  constructor(options: SteadyQueueOptions) {
    this.delay = options.delay;
    this.length = options.length;
    this.#isCapable = options.isCapable ?? false;
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  get isShort(): boolean {
    return this.length <= 2;
  }

  sojourn(now: Milliseconds): Milliseconds {
    this.#now = now;
    return milliseconds(this.delay);
  }

  mark(): boolean {
    if (this.#isCapable) this.marks.push(this.#now);
    return this.#isCapable;
  }

  drop(): void {
    this.drops.push(this.#now);
  }
}

/** When packets are dropped of a queue that is served every millisecond. */
function run(options: SteadyQueueOptions, from: number, to: number): number[] {
  const queue = new SteadyQueue(options);
  const codel = newCodel();
  for (let now = from; now <= to; now++) settleHead(codel, queue, TARGET, milliseconds(now));
  return queue.drops;
}

/** The count that a dropping state starts with, `pause` milliseconds after one of seven drops. */
function countAfterPause(pause: number): number {
  const queue = new SteadyQueue({ delay: 50, length: 20 });
  const codel = newCodel();
  for (let now = 0; now <= 464; now++) settleHead(codel, queue, TARGET, milliseconds(now));
  queue.delay = 1;
  settleHead(codel, queue, TARGET, milliseconds(465));
  queue.delay = 50;
  for (const now of [364 + pause, 465 + pause]) settleHead(codel, queue, TARGET, milliseconds(now));
  return codel.count;
}
