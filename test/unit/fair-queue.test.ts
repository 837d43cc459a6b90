import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bytesPerSecond, megabitsPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import { isIntact } from "../support/ip-packets.ts";
import { CE, ECT_0, QueueDriver } from "../support/queue-driver.ts";

const FULL = 1500;

describe("A fair queue", () => {
  it("gives the packets of a flow in their order, as they were", () => {
    const driver = new QueueDriver();
    for (let serial = 0; serial < 100; serial++) driver.push({ flow: 7, serial, size: 40 + serial * 14 }, 0);

    for (let serial = 0; serial < 100; serial++) {
      const packet = driver.pop(0);
      assert.ok(packet !== undefined && isIntact(packet));
      assert.equal(packet.length, 40 + serial * 14);
    }

    assert.equal(driver.queue.isEmpty, true);
    assert.equal(driver.queue.bytes, 0);
  });

  it("puts what TCP sends again before what follows it in the stream, and after what does not, in a long queue", () => {
    const driver = new QueueDriver();
    for (const serial of [3, 4, 7, 8]) driver.push({ flow: 7, serial, size: FULL, segment: serial * 1460 }, 0);

    for (const serial of [1, 2, 5, 6, 9]) driver.push({ flow: 7, serial, size: FULL, segment: serial * 1460 }, 110);

    assert.deepEqual(driver.popAll(110), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.equal(driver.queue.bytes, 0);
    assert.ok(driver.hasAllCells());
  });

  it("lets it wait in a queue of usual length, as TCP takes what it overtakes for lost (RFC 8985 §6.2)", () => {
    const driver = new QueueDriver();
    for (const serial of [3, 4]) driver.push({ flow: 7, serial, size: FULL, segment: serial * 1460 }, 0);

    driver.push({ flow: 7, serial: 1, size: FULL, segment: 1460 }, 100);

    assert.deepEqual(driver.popAll(100), [3, 4, 1]);
  });

  it("leaves other packets of such a flow's bucket in their order", () => {
    const driver = new QueueDriver();
    driver.push({ flow: 7, serial: 10, size: FULL }, 0);
    driver.push({ flow: 7, serial: 2, size: FULL, segment: 2000 }, 0);
    driver.push({ flow: 7, serial: 11, size: 5000, segment: 4000 }, 0);
    driver.push({ flow: 7, serial: 3, size: FULL, segment: 6000 }, 0);

    driver.push({ flow: 7, serial: 1, size: 5000, segment: 1000 }, 110);

    assert.deepEqual(driver.popAll(110), [10, 1, 2, 11, 3]);
  });

  it("takes what was sent again for no end of a standing queue (RFC 8289 §4.1)", () => {
    const driver = new QueueDriver();
    for (let serial = 100; serial < 400; serial++)
      driver.push({ flow: 7, serial, size: FULL, segment: serial * 1460 }, 0);

    for (let now = 1; now < 250; now++) {
      if (now % 50 === 0) driver.push({ flow: 7, serial: now, size: FULL, segment: now }, now);
      driver.popSerial(now);
    }

    assert.ok(driver.queue.dropped >= 2, `${driver.queue.dropped}`);
  });

  it("lets flows take turns by a quantum of bytes (RFC 8290 §4.2)", () => {
    const driver = new QueueDriver();
    for (let serial = 0; serial < 4; serial++) driver.push({ flow: 1, serial, size: 1500 }, 0);
    for (let serial = 10; serial < 18; serial++) driver.push({ flow: 2, serial, size: 750 }, 0);

    assert.deepEqual(driver.popAll(0), [0, 10, 11, 1, 12, 13, 2, 14, 15, 3, 16, 17]);
  });

  it("counts the overhead of each packet as its flow's", () => {
    const driver = new QueueDriver();
    driver.queue.setPacketSize(1500, 100);
    for (let serial = 0; serial < 2; serial++) driver.push({ flow: 1, serial, size: 1500 }, 0);
    for (let serial = 10; serial < 22; serial++) driver.push({ flow: 2, serial, size: 300 }, 0);

    assert.deepEqual(driver.popAll(0), [0, 10, 11, 12, 13, 1, 14, 15, 16, 17, 18, 19, 20, 21]);
  });

  it("serves a flow that comes anew before those that have had their turn (RFC 8290 §4.2)", () => {
    const driver = new QueueDriver();
    for (let serial = 0; serial < 5; serial++) driver.push({ flow: 1, serial, size: FULL }, 0);
    const before = [driver.popSerial(0), driver.popSerial(0)];
    driver.push({ flow: 2, serial: 10, size: 100 }, 0);

    assert.deepEqual([...before, ...driver.popAll(0)], [0, 1, 10, 2, 3, 4]);
  });

  it("makes an emptied new flow take a turn as an old one, so that such cannot starve those (RFC 8290 §4.2)", () => {
    const driver = new QueueDriver();
    for (let serial = 0; serial < 6; serial++) driver.push({ flow: 1, serial, size: FULL }, 0);
    const serials = [driver.popSerial(0)];
    driver.push({ flow: 4, serial: 10, size: 1000 }, 0);

    for (let serial = 11; serial < 17; serial++) {
      driver.push({ flow: 2 + (serial % 4), serial, size: 1000 }, 0);
      serials.push(driver.popSerial(0));
    }

    assert.deepEqual(serials, [0, 10, 11, 12, 13, 1, 14]);
  });

  it("takes flows whose hashes share a bucket for one (RFC 8290 §5.3)", () => {
    const driver = new QueueDriver();
    for (let serial = 0; serial < 4; serial++) driver.push({ flow: 5 + 1024 * serial, serial, size: FULL }, 0);

    assert.deepEqual(driver.popAll(0), [0, 1, 2, 3]);
  });

  it("keeps 1024 flows apart", () => {
    const driver = new QueueDriver({ cells: 4096, limit: 4_000_000 });
    for (let serial = 0; serial < 2048; serial++) driver.push({ flow: serial, serial, size: 1500 }, 0);

    const serials = driver.popAll(0);

    assert.equal(new Set(serials.slice(0, 1024).map((serial) => serial % 1024)).size, 1024);
    assert.equal(serials.length, 2048);
  });

  it("is sparse for a flow while its next packet would go before those of old flows (RFC 8290 §4)", () => {
    const driver = new QueueDriver();
    const { queue } = driver;
    const seen = [queue.isSparse(1)];
    for (let serial = 0; serial < 3; serial++) {
      driver.push({ flow: 1, serial, size: 1000 }, 0);
      seen.push(queue.isSparse(1));
    }

    assert.deepEqual(seen, [true, true, false, false]);
    assert.equal(queue.isSparse(2), true);
    driver.popSerial(0);
    driver.popSerial(0);
    assert.equal(queue.isSparse(1), false);
    driver.popSerial(0);
    assert.equal(queue.isSparse(1), true);
  });

  it("keeps a flow of single packets sparse while something else goes before all that wait", () => {
    const driver = new QueueDriver();
    const { queue } = driver;
    for (let serial = 0; serial < 3; serial++) driver.push({ flow: 1, serial, size: FULL }, 0);
    driver.push({ flow: 2, serial: 10, size: 84 }, 0);
    const first = [driver.popSerial(0), driver.popSerial(0)];
    // The turn that it takes as an old flow comes after one that does not come.
    queue.peek(driver.fragment, milliseconds(50));
    queue.consume(driver.fragment);
    assert.equal(queue.isSparse(2), false);

    queue.onPassedOver();

    assert.equal(queue.isSparse(2), true);
    driver.push({ flow: 2, serial: 11, size: 84 }, 100);
    assert.deepEqual([...first, ...driver.popAll(100)], [0, 10, 11, 1, 2]);
  });

  it("tells how long the oldest packet has been waiting", () => {
    const driver = new QueueDriver();
    assert.equal(driver.queue.oldestSojourn(milliseconds(5)), 0);
    driver.push({ flow: 1, serial: 0, size: 100 }, 10);
    driver.push({ flow: 2, serial: 1, size: 100 }, 14);

    assert.equal(driver.queue.oldestSojourn(milliseconds(20)), 10);
    driver.popSerial(20);
    assert.equal(driver.queue.oldestSojourn(milliseconds(20)), 6);
  });
});

describe("CoDel in a fair queue", () => {
  it("drops from the head of a flow with a standing delay, and from no other (RFC 8290 §4.2)", () => {
    const driver = new QueueDriver();
    const serials = serveSlowly(driver, 0);

    assert.equal(driver.queue.dropped, 1);
    assert.ok(!serials.includes(10) || !serials.includes(11));
    assert.ok(serials.includes(1000));
  });

  it("marks ECN-capable packets instead, and sends them (RFC 8290 §5.2.6)", () => {
    const driver = new QueueDriver();
    const serials = serveSlowly(driver, ECT_0);

    assert.equal(driver.queue.dropped, 0);
    assert.equal(driver.queue.marked, 1);
    assert.equal(serials.length, new Set(serials).size);
  });

  it("marks a packet once, however often it is chosen before it is sent", () => {
    const driver = new QueueDriver();
    for (let serial = 0; serial < 20; serial++) driver.push({ flow: 1, serial, size: FULL, codepoint: ECT_0 }, 0);
    driver.popSerial(10);
    for (let now = 110; now < 1000; now += 10) {
      driver.queue.peek(driver.fragment, milliseconds(now));
      driver.queue.consume(driver.fragment);
    }

    assert.equal(driver.queue.marked, 1);
    assert.equal((driver.pop(1000)?.[1] ?? 0) & 3, CE);
  });

  it("aims at more than 5 ms where a packet takes longer (RFC 8290 §5.2.2)", () => {
    const { queue } = new QueueDriver();
    assert.equal(queue.target, 5);
    queue.setRate(bytesPerSecond(100_000));
    assert.equal(queue.target, 22.5);
    queue.setPacketSize(1500, 100);
    assert.equal(queue.target, 24);
    queue.setRate(megabitsPerSecond(100));
    assert.equal(queue.target, 5);
  });

  it("drops a packet of several pieces as a whole", () => {
    const driver = new QueueDriver();
    for (let serial = 0; serial < 6; serial++) driver.push({ flow: 1, serial, size: 9000 }, 0);
    driver.popSerial(10);

    const rest = driver.popAll(111);

    assert.equal(driver.queue.dropped, 1);
    assert.deepEqual(rest, [2, 3, 4, 5]);
    assert.ok(driver.hasAllCells());
  });
});

/** One slow packet every 10 ms of flow 1, which stands at first, and one of flow 2 at the end; what was sent. */
function serveSlowly(driver: QueueDriver, codepoint: number): (number | undefined)[] {
  for (let serial = 0; serial < 20; serial++) driver.push({ flow: 1, serial, size: FULL, codepoint }, 0);
  const serials: (number | undefined)[] = [];
  for (let now = 10; now <= 120; now += 10) serials.push(driver.popSerial(now));
  driver.push({ flow: 2, serial: 1000, size: 100, codepoint }, 120);
  serials.push(driver.popSerial(121));
  return serials;
}
