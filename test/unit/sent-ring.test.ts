import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RoundTripTime } from "../../shared/protocol/link/round-trip-time.ts";
import { SendStamp } from "../../shared/protocol/link/send-stamps.ts";
import { SentPackets } from "../../shared/protocol/link/sent-packets.ts";
import { FATE, SentRing } from "../../shared/protocol/link/sent-ring.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { makeReport } from "../support/quality-reports.ts";
import { recordWatched } from "../support/watched.ts";

const SMALLEST = filledRing(1, 0).size.length;

describe("A ring of what was sent", () => {
  it("remembers as much as it holds, and more once more is to be kept", () => {
    const ring = filledRing(3 * SMALLEST, 2 * SMALLEST + 10);

    assert.equal(ring.size.length, SMALLEST);
    assert.deepEqual([ring.oldest, ring.next], [2 * SMALLEST, 3 * SMALLEST]);
    push(ring, 2 * SMALLEST);

    assert.equal(ring.size.length, 2 * SMALLEST);
    assert.deepEqual(timesFrom(ring, 2 * SMALLEST), positionsFrom(2 * SMALLEST, 3 * SMALLEST + 1));
  });

  it("does not remember, once it has grown, what it had written over before", () => {
    const ring = filledRing(3 * SMALLEST, 2 * SMALLEST + 10);

    push(ring, 2 * SMALLEST);

    assert.equal(ring.oldest, 2 * SMALLEST);
    assert.equal(ring.isRemembered(2 * SMALLEST - 1), false);
    for (let count = 0; count < 4 * SMALLEST; count++) push(ring, ring.next);
    assert.equal(ring.oldest, ring.next - 2 * SMALLEST);
  });

  it("gives the memory of a busy time back at rest, and forgets what was sent then", () => {
    const ring = new SentRing();
    while (ring.next < 10 * SMALLEST) push(ring, 0);
    const before = ring.size.length;

    ring.rest();
    push(ring, ring.next);

    assert.deepEqual([before, ring.size.length], [16 * SMALLEST, SMALLEST]);
    assert.deepEqual([ring.oldest, ring.next], [10 * SMALLEST, 10 * SMALLEST + 1]);
    assert.deepEqual(timesFrom(ring, ring.oldest), [10 * SMALLEST]);
  });

  it("at rest counts what passes, and remembers the latest only if it is taken back", () => {
    const ring = new SentRing();
    ring.pass(6, 90, milliseconds(6), 0);
    ring.pass(7, 1400, milliseconds(8), 0.5);
    const before = [ring.isAtRest, ring.next, ring.isRemembered(7)];

    const size = ring.takeBack();
    push(ring, 7);

    assert.deepEqual(before, [true, 8, false]);
    assert.deepEqual([size, ring.passedAt, ring.passedIdle], [1400, 8, 0.5]);
    assert.deepEqual([ring.isAtRest, ring.next, ring.oldest], [false, 8, 7]);
  });
});

describe("The packets sent on an idle link", () => {
  it("are watched from the first one on that is no keepalive, also after a change of keys", () => {
    const sent = new SentPackets(new RoundTripTime());
    sent.restart(1);
    recordWatched(sent, 0, 1000, milliseconds(0));
    for (let number = 1; number < 13; number++) sent.record(number, 90, milliseconds(number), { idleTime: 0 });
    sent.acknowledge(makeReport({ session: 1, serial: 0, highest: 12 }), milliseconds(40));

    sent.restart(2);
    for (let number = 0; number < 50; number++) sent.record(number, 90, milliseconds(100 + number), { idleTime: 0 });
    recordWatched(sent, 50, 1000, milliseconds(200), 7, 8);
    const outcome = sent.acknowledge(makeReport({ session: 2, serial: 0, highest: 50 }), milliseconds(230));

    assert.deepEqual([sent.acknowledged.count, sent.acknowledged.at(0)], [1, 63]);
    assert.deepEqual([outcome?.sentAt, outcome?.size, sent.inFlightBytes], [200, 1000, 0]);
    assert.deepEqual([sent.takeFirst(63, -1), sent.second(63)], [7, 8]);
  });
});

/** A ring to which so many packets were added, each sent at the time that is its position, and none to be kept. */
function filledRing(count: number, keep: number): SentRing {
  const ring = new SentRing();
  for (let position = 0; position < count; position++) push(ring, Math.max(position, keep));
  return ring;
}

function push(ring: SentRing, keep: number): void {
  const stamp = new SendStamp();
  stamp.sentAt = ring.next;
  ring.reserve(1, keep);
  ring.push(1, FATE.unwatched, stamp);
}

function timesFrom(ring: SentRing, first: number): number[] {
  return positionsFrom(first, ring.next).map((position) => ring.sentAt(ring.index(position)));
}

function positionsFrom(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, place) => first + place);
}
