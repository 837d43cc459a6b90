import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { megabitsPerSecond } from "../../shared/protocol/units.ts";
import { ECT_0 } from "../support/queue-driver.ts";
import { type QueueFlow, QueueLine } from "./queue-line.ts";

const RATE = megabitsPerSecond(10);
const FULL = 1500;
const SPARSE = 200;
const SPARSE_TIME = (SPARSE / RATE) * 1000;
const START = 10_000;
const END = 70_000;

describe("A line of 10 Mbit/s behind a fair queue", () => {
  it("lets sparse flows wait for less than the packet that is being sent, and each other", () => {
    const line = new QueueLine(RATE);
    const flood = line.addFlow({ size: FULL, roundTrip: 40, gap: 1 });
    const sparse = addSparse(line);

    measure(line);

    assert.ok(flood.lost > 0 && percentile(flood, 0.5) > 100);
    for (const flow of sparse) assertShortWait(flow, line.packetTime(FULL));
  });

  it("lets a greedy flow go before sparse ones once when that had no queue itself", () => {
    const line = new QueueLine(RATE);
    line.addFlow({ size: FULL, roundTrip: 40 });
    const sparse = addSparse(line);

    measure(line);

    for (const flow of sparse) assertShortWait(flow, 2 * line.packetTime(FULL));
  });

  it("keeps the standing queue of a greedy flow near the target, and the line busy", () => {
    const shares = [10, 40].map((roundTrip) => {
      const line = new QueueLine(RATE);
      const flow = line.addFlow({ size: FULL, roundTrip });

      measure(line);

      const { target } = line.driver.queue;
      assert.ok(flow.lost > 0 && flow.marked === 0);
      assert.ok(percentile(flow, 0.5) <= 2 * target, `half wait for ${percentile(flow, 0.5)} ms`);
      assert.ok(percentile(flow, 0.95) <= 3 * target, `a twentieth waits for ${percentile(flow, 0.95)} ms`);
      return flow.carried / ((RATE * (END - START)) / 1000);
    });

    // Reno halves its window: with a queue of far less than a round trip, a part of the line must stay free.
    assert.ok((shares[0] ?? 0) > 0.99 && (shares[1] ?? 0) > 0.85, `the line is used to ${shares}`);
  });

  it("marks the packets of an ECN-capable flow and loses none (RFC 8290 §5.2.6)", () => {
    const line = new QueueLine(RATE);
    const flow = line.addFlow({ size: FULL, roundTrip: 10, codepoint: ECT_0 });

    measure(line);

    assert.equal(flow.lost, 0);
    assert.ok(flow.marked > 0);
    assert.ok(percentile(flow, 0.95) <= 3 * line.driver.queue.target);
  });

  it("shares the line among greedy flows within 5 %, whatever the size of their packets", () => {
    const line = new QueueLine(RATE);
    const flows = Array.from({ length: 10 }, (_, index) =>
      line.addFlow({ size: index % 2 === 0 ? FULL : FULL / 2, roundTrip: 20 + 2 * index }),
    );

    measure(line);

    const mean = flows.reduce((sum, { carried }) => sum + carried, 0) / flows.length;
    for (const { carried } of flows) {
      assert.ok(Math.abs(carried / mean - 1) < 0.05, `${carried} bytes where the mean is ${mean}`);
    }
  });
});

describe("A flood behind a fair queue", () => {
  it("gets no more than its share", () => {
    const line = new QueueLine(RATE);
    const flood = line.addFlow({ size: FULL, roundTrip: 20, gap: 1 });
    const others = Array.from({ length: 4 }, () => line.addFlow({ size: FULL, roundTrip: 20 }));

    measure(line);

    const total = others.reduce((sum, { carried }) => sum + carried, flood.carried);
    assert.ok(flood.carried / total < 1.05 / 5, `${flood.carried} of ${total} bytes`);
  });
});

function addSparse(line: QueueLine): QueueFlow[] {
  return [
    line.addFlow({ size: SPARSE, roundTrip: 40, gap: 20 }),
    line.addFlow({ size: SPARSE, roundTrip: 40, gap: 33.3 }),
  ];
}

function assertShortWait(flow: QueueFlow, bound: number): void {
  const longest = percentile(flow, 1);
  assert.equal(flow.lost, 0);
  assert.ok(longest <= bound + SPARSE_TIME, `one waits for ${longest} ms`);
}

/** Runs until flows are steady, then until the end, of which alone the flows have their figures. */
function measure(line: QueueLine): void {
  line.runUntil(START);
  for (const flow of line.flows) flow.reset();
  line.runUntil(END);
}

function percentile(flow: QueueFlow, fraction: number): number {
  const sorted = flow.waits.toSorted((a, b) => a - b);
  return sorted[Math.ceil(fraction * sorted.length) - 1] ?? 0;
}
