import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { CellPool } from "../../shared/protocol/packet/cell-pool.ts";
import { FairQueue } from "../../shared/protocol/queue/fair-queue.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { BEGIN, END } from "../../shared/protocol/wire/frame-header.ts";
import { QueueDriver } from "../support/queue-driver.ts";

const FULL = 1500;

describe("A fair queue over its limit", () => {
  it("drops the oldest packets of the flow with the most bytes (RFC 8290 §4.1)", () => {
    const driver = new QueueDriver({ limit: 10 * (FULL + 1) });
    for (let serial = 0; serial < 7; serial++) driver.push({ flow: 1, serial, size: FULL }, 0);
    for (let serial = 10; serial < 13; serial++) driver.push({ flow: 2, serial, size: FULL }, 0);

    assert.equal(driver.push({ flow: 3, serial: 20, size: FULL }, 0), true);

    assert.equal(driver.queue.overLimit, 1);
    assert.equal(driver.queue.bytes, 10 * (FULL + 1));
    assert.deepEqual(
      driver.popAll(0).toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 10, 11, 12, 20],
    );
  });

  it("refuses a packet that does not fit alone, and drops none for it", () => {
    const driver = new QueueDriver({ limit: 4000 });
    driver.push({ flow: 1, serial: 0, size: FULL }, 0);

    assert.equal(driver.push({ flow: 2, serial: 1, size: 4000 }, 0), false);

    assert.deepEqual(driver.popAll(0), [0]);
    assert.equal(driver.queue.overLimit, 0);
  });

  it("holds 4096 pieces at most, and takes them from the flow with the most", () => {
    const driver = new QueueDriver({ cells: 5000, limit: 100_000_000 });
    for (let serial = 0; serial < 5000; serial++) driver.push({ flow: 1, serial, size: 40 }, 0);

    assert.equal(driver.queue.count, 4096);
    assert.equal(driver.queue.overLimit, 5000 - 4096);
    assert.equal(driver.popSerial(0), 5000 - 4096);
  });

  it("takes the cells of the flow with the most pieces when there are no others", () => {
    const driver = new QueueDriver({ cells: 8 });
    for (let serial = 0; serial < 8; serial++) driver.push({ flow: 1, serial, size: 100 }, 0);

    assert.equal(driver.push({ flow: 2, serial: 10, size: FULL }, 0), true);
    assert.equal(driver.push({ flow: 3, serial: 20, size: 6000 }, 0), true);

    assert.equal(driver.queue.overLimit, 4);
    assert.deepEqual(driver.popAll(0), [4, 5, 6, 7, 10, 20]);
    assert.ok(driver.hasAllCells());
  });

  it("refuses a packet when there are no cells to take, and gives back what it took", () => {
    const driver = new QueueDriver({ cells: 4 });
    for (let serial = 0; serial < 3; serial++) driver.push({ flow: 1, serial, size: 100 }, 0);

    assert.equal(driver.push({ flow: 2, serial: 10, size: 9000 }, 0), false);

    assert.ok(driver.queue.isEmpty);
    assert.ok(driver.hasAllCells());
  });
});

describe("A packet of which a fair queue holds a part", () => {
  it("leaves before all flows when its rest is pushed", () => {
    const driver = new QueueDriver();
    driver.push({ flow: 1, serial: 0, size: FULL }, 0);
    driver.push({ flow: 2, serial: 1, size: FULL }, 0, 601);

    assert.ok(driver.queue.peek(driver.fragment, milliseconds(0)));
    assert.equal(driver.fragment.length, 900);
    assert.equal(driver.fragment.flags & (BEGIN | END), END);
    driver.send(900);
    assert.equal(driver.popSerial(0), 0);
  });

  it("stays the next when it was sent in part, whatever comes, and is not dropped", () => {
    const driver = new QueueDriver({ limit: 8200 });
    driver.push({ flow: 1, serial: 0, size: 6000 }, 0);
    assert.ok(driver.queue.peek(driver.fragment, milliseconds(0)));
    driver.send(1000);

    for (let serial = 10; serial < 30; serial++) driver.push({ flow: serial, serial, size: FULL }, 0);

    assert.ok(driver.queue.bytes <= 8200);
    for (const length of [1016, 2016, 1969]) {
      assert.ok(driver.queue.peek(driver.fragment, milliseconds(5000)));
      assert.equal(driver.fragment.length, length);
      driver.send(length);
    }
    assert.equal(driver.popAll(5000).length, 2);
  });

  it("is taken beyond the limit", () => {
    const driver = new QueueDriver({ limit: 1000 });

    assert.equal(driver.push({ flow: 1, serial: 0, size: FULL }, 0, 100), true);
    assert.equal(driver.push({ flow: 1, serial: 1, size: 500 }, 0), false);
  });
});

describe("A packet that a fair queue has chosen", () => {
  it("is the same until it is consumed, also when the limit drops others", () => {
    const driver = new QueueDriver({ limit: 3200 });
    for (let serial = 0; serial < 2; serial++) driver.push({ flow: 1, serial, size: FULL }, 0);
    assert.ok(driver.queue.peek(driver.fragment, milliseconds(0)));
    driver.push({ flow: 2, serial: 10, size: FULL }, 0);
    assert.ok(driver.queue.peek(driver.fragment, milliseconds(0)));

    assert.deepEqual([driver.popSerial(0), driver.popSerial(0)], [0, 10]);
    assert.equal(driver.queue.overLimit, 1);
  });

  it("is chosen anew when nothing of it was sent, so that a sparse flow may go before it", () => {
    const driver = new QueueDriver();
    for (let serial = 0; serial < 4; serial++) driver.push({ flow: 1, serial, size: FULL }, 0);
    driver.popSerial(0);
    driver.popSerial(0);
    assert.ok(driver.queue.peek(driver.fragment, milliseconds(0)));
    driver.queue.consume(driver.fragment);
    driver.push({ flow: 2, serial: 10, size: 100 }, 0);

    assert.deepEqual(driver.popAll(0), [10, 2, 3]);
  });
});

describe("A fair queue's memory", () => {
  it("is empty and its cells are back after it was cleared", () => {
    const driver = new QueueDriver();
    for (let serial = 0; serial < 50; serial++) driver.push({ flow: serial % 3, serial, size: 3000 }, 0);
    driver.queue.peek(driver.fragment, milliseconds(0));
    driver.send(100);

    driver.queue.clear();

    assert.deepEqual([driver.queue.isEmpty, driver.queue.count, driver.queue.bytes], [true, 0, 0]);
    assert.ok(driver.hasAllCells());
    assert.equal(driver.popSerial(0), undefined);
  });

  it("is less than 4 KiB for an idle bundle, before and after it was used", () => {
    // What else the heap does at the moment adds to a reading, so the least of a few is the closest.
    const readings = [1, 2, 3, 4].map(readMemory);

    const fresh = Math.min(...readings.map((reading) => Math.abs(reading.fresh)));
    const trimmed = Math.min(...readings.map((reading) => Math.abs(reading.trimmed)));
    assert.ok(fresh < 4096 && trimmed < 4096, `${fresh} bytes when new, ${trimmed} when trimmed`);
  });
});

/** Bytes of a queue that is new, and of one that was used and trimmed. */
function readMemory(): { readonly fresh: number; readonly trimmed: number } {
  const arena = new Arena(4096);
  const cells = new CellPool(arena, 1);
  const driver = new QueueDriver();
  const before = usedBytes();
  const queues = Array.from({ length: 500 }, () => new FairQueue(arena, cells, 100_000));
  const fresh = (usedBytes() - before) / queues.length;
  const used = Array.from({ length: 500 }, () => new FairQueue(driver.arena, driver.cells, 100_000));
  for (const queue of used) {
    driver.push({ flow: 1, serial: 0, size: 100 }, 0);
    driver.queue.peek(driver.fragment, milliseconds(0));
    queue.push(driver.fragment, 1, milliseconds(0));
    queue.clear();
    queue.trim();
    driver.send(101);
    driver.cells.recycle();
  }
  return { fresh, trimmed: (usedBytes() - before) / queues.length - fresh };
}

function usedBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
