import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PositionList } from "../../shared/protocol/link/position-list.ts";
import { RoundTripTime } from "../../shared/protocol/link/round-trip-time.ts";
import { SentPackets } from "../../shared/protocol/link/sent-packets.ts";
import { milliseconds, NEVER } from "../../shared/protocol/units.ts";
import { makeReport } from "../support/quality-reports.ts";
import { recordWatched } from "../support/watched.ts";

const SESSION = 11;
const SIZE = 1000;

describe("The packets sent on a link", () => {
  it("are in flight until they are acknowledged", () => {
    const sent = sending(10);

    const outcome = sent.acknowledge(makeReport({ session: SESSION, serial: 0, highest: 5 }), milliseconds(30));

    assert.deepEqual(positions(sent.acknowledged), [0, 1, 2, 3, 4, 5]);
    assert.equal(outcome?.acknowledgedBytes, 6 * SIZE);
    assert.deepEqual([sent.inFlightPackets, sent.inFlightBytes, sent.oldestSentAt], [4, 4 * SIZE, 6]);
    assert.deepEqual([sent.takeFirst(5, -1), sent.second(5), sent.size(5), sent.sentAt(5)], [5, 500, SIZE, 5]);
  });

  it("are acknowledged once, however often it is reported", () => {
    const sent = sending(10);
    sent.acknowledge(makeReport({ session: SESSION, serial: 0, highest: 5 }), milliseconds(30));

    sent.acknowledge(makeReport({ session: SESSION, serial: 1, highest: 6 }), milliseconds(40));

    assert.deepEqual(positions(sent.acknowledged), [6]);
  });

  it("are lost when the third one after them has arrived (RFC 9002 §6.1.1)", () => {
    const sent = sending(10);

    sent.acknowledge(makeReport({ session: SESSION, serial: 0, highest: 4, missing: [2] }), milliseconds(40));
    assert.deepEqual(positions(sent.lost), []);
    const outcome = sent.acknowledge(
      makeReport({ session: SESSION, serial: 1, highest: 5, missing: [2] }),
      milliseconds(41),
    );

    assert.deepEqual(positions(sent.lost), [2]);
    assert.equal(outcome?.lostBytes, SIZE);
    assert.equal(sent.inFlightPackets, 4);
  });

  it("are lost 9/8 of a round trip after their sending when a later one arrived (RFC 9002 §6.1.2)", () => {
    const sent = sending(4);

    sent.acknowledge(makeReport({ session: SESSION, serial: 0, highest: 3, missing: [2] }), milliseconds(43));
    assert.equal(sent.nextTimeout(), 2 + 45);
    sent.handleTimeout(milliseconds(46.9));
    assert.deepEqual(positions(sent.lost), []);
    sent.handleTimeout(milliseconds(47));

    assert.deepEqual(positions(sent.lost), [2]);
    assert.equal(sent.nextTimeout(), NEVER);
  });

  it("are lost without a later one once reports are overdue, and then only a few may be in flight", () => {
    const sent = sending(4);
    sent.acknowledge(makeReport({ session: SESSION, serial: 0, highest: 0 }), milliseconds(40));
    assert.ok(sent.hasRoom(1_000_000));
    const overdue = sent.nextTimeout();

    sent.handleTimeout(overdue);

    // Smoothed 40, variation 20; a report is held for 66 ms at most, and 20 are slack.
    assert.equal(overdue, 1 + 40 + 4 * 20 + 66 + 20);
    assert.deepEqual(positions(sent.lost), [1, 2, 3]);
    assert.ok(sent.hasRoom(1_000_000));
    recordWatched(sent, 4, 2000, overdue);
    assert.ok(!sent.hasRoom(1_000_000));
  });

  it("that were lost and arrive are spurious losses, and widen the margin", () => {
    const sent = sending(40);
    sent.acknowledge(makeReport({ session: SESSION, serial: 0, highest: 12, missing: [3] }), milliseconds(20));
    assert.deepEqual(positions(sent.lost), [3]);

    sent.acknowledge(makeReport({ session: SESSION, serial: 1, highest: 13 }), milliseconds(21));
    assert.deepEqual([positions(sent.spurious), positions(sent.acknowledged)], [[3], [3, 13]]);
    sent.acknowledge(makeReport({ session: SESSION, serial: 2, highest: 20, missing: [14] }), milliseconds(22));
    assert.deepEqual(positions(sent.lost), []);
    sent.acknowledge(makeReport({ session: SESSION, serial: 3, highest: 24, missing: [14] }), milliseconds(23));

    assert.deepEqual(positions(sent.lost), [14]);
  });

  it("that are found lost by time and arrive lengthen that time by as much, on a line that reorders", () => {
    const sent = new SentPackets(new RoundTripTime());
    sent.restart(SESSION);
    recordWatched(sent, 0, SIZE, milliseconds(0));
    recordWatched(sent, 1, SIZE, milliseconds(0));
    sent.acknowledge(makeReport({ session: SESSION, serial: 0, highest: 1, missing: [0] }), milliseconds(40));
    const usual = sent.nextTimeout();
    sent.handleTimeout(usual);
    assert.deepEqual(positions(sent.lost), [0]);

    sent.acknowledge(makeReport({ session: SESSION, serial: 1, highest: 1 }), milliseconds(usual + 22));
    recordWatched(sent, 2, SIZE, milliseconds(100));
    recordWatched(sent, 3, SIZE, milliseconds(100));
    sent.acknowledge(makeReport({ session: SESSION, serial: 2, highest: 3, missing: [2] }), milliseconds(140));

    assert.equal(usual, 45);
    assert.equal(sent.nextTimeout(), 100 + 45 + 22);
  });

  it("give the round-trip time without what the receiver held the report for", () => {
    const roundTripTime = new RoundTripTime();
    const sent = sending(10, roundTripTime);

    const outcome = sent.acknowledge(
      makeReport({ session: SESSION, serial: 0, highest: 9, hold: milliseconds(25) }),
      milliseconds(64),
    );

    assert.equal(outcome?.roundTrip, 64 - 9 - 25);
    assert.equal(roundTripTime.smoothed, 30);
  });

  it("of two sessions are told apart, and the earlier ones still acknowledged", () => {
    const sent = sending(10);
    sent.restart(SESSION + 1);
    for (let number = 0; number < 5; number++) recordWatched(sent, number, SIZE, milliseconds(10 + number));

    sent.acknowledge(makeReport({ session: SESSION + 1, serial: 0, highest: 1 }), milliseconds(30));
    assert.deepEqual(positions(sent.acknowledged), [10, 11]);
    sent.acknowledge(makeReport({ session: SESSION, serial: 9, highest: 9 }), milliseconds(31));

    // The first eight were called lost by the report before, as later packets had arrived.
    assert.equal(sent.acknowledged.count, 10);
    assert.equal(sent.inFlightPackets, 3);
  });

  it("ignore reports of unknown sessions and of packets that were never sent", () => {
    const sent = sending(10);

    assert.equal(sent.acknowledge(makeReport({ session: 99, serial: 0, highest: 3 }), milliseconds(9)), undefined);
    assert.equal(
      sent.acknowledge(makeReport({ session: SESSION, serial: 0, highest: 10 }), milliseconds(9)),
      undefined,
    );
    assert.equal(sent.inFlightPackets, 10);
  });

  it("that are not watched, or whose numbers were used for something else, are never in flight nor lost", () => {
    const sent = new SentPackets(new RoundTripTime());
    sent.restart(SESSION);
    sent.record(0, SIZE, milliseconds(0), { idleTime: 0 });
    recordWatched(sent, 5, SIZE, milliseconds(1));
    for (let number = 6; number < 20; number++) recordWatched(sent, number, SIZE, milliseconds(2));

    sent.acknowledge(
      makeReport({ session: SESSION, serial: 0, highest: 19, missing: [0, 1, 2, 3, 4] }),
      milliseconds(30),
    );

    assert.deepEqual([sent.lost.count, sent.acknowledged.count, sent.inFlightPackets], [0, 15, 0]);
    assert.equal(sent.oldestSentAt, NEVER);
  });

  it("are remembered as long as they are in flight, by the ten thousand", () => {
    const sent = sending(20_000);

    sent.acknowledge(makeReport({ session: SESSION, serial: 0, highest: 19_999, described: 4000 }), milliseconds(1));

    assert.equal(sent.acknowledged.count, 4001);
    assert.equal(sent.lost.count, 20_000 - 4001);
    assert.deepEqual([sent.lost.at(0), sent.takeFirst(0, -1), sent.second(7777)], [0, 0, 777_700]);
    assert.equal(sent.inFlightBytes, 0);
  });

  it("have no more room when 64,512 are in flight, so that none is forgotten for a keepalive", () => {
    const sent = sending(64_511);
    assert.ok(sent.hasRoom(Number.POSITIVE_INFINITY));

    recordWatched(sent, 64_511, SIZE, milliseconds(9999), 7);
    const hasRoom = sent.hasRoom(Number.POSITIVE_INFINITY);
    for (let number = 64_512; number < 65_536; number++)
      sent.record(number, SIZE, milliseconds(9999), { idleTime: 0 });

    assert.equal(hasRoom, false);
    assert.equal(sent.inFlightPackets, 64_512);
    assert.deepEqual([sent.sentAt(0), sent.takeFirst(64_511, -1)], [0, 7]);
  });

  it("are all lost when the link is given up", () => {
    const sent = sending(10);
    sent.acknowledge(makeReport({ session: SESSION, serial: 0, highest: 2 }), milliseconds(9));

    sent.abandon();

    assert.deepEqual(positions(sent.lost), [3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual([sent.inFlightBytes, sent.nextTimeout()], [0, NEVER]);
  });
});

describe("The delivery rate of a link", () => {
  it("is what arrived by the receiver's clock, whatever happens to the reports", () => {
    const rates = deliver({ sendGap: 1, arrivalGap: 2, backJitter: (round) => (round % 3) * 17 });

    for (const rate of rates.slice(3)) assert.ok(Math.abs(rate - SIZE * 500) < SIZE * 15, `${rate}`);
  });

  it("is no more than what was sent, when packets arrive in a burst", () => {
    const rates = deliver({ sendGap: 2, arrivalGap: 2, backJitter: () => 0, burst: 50 });

    for (const rate of rates.slice(3)) assert.ok(rate <= SIZE * 500 * 1.3, `${rate}`);
  });

  it("goes on through the wrap of the receiver's clock", () => {
    const rates = deliver({ sendGap: 2, arrivalGap: 2, backJitter: () => 0, clock: 2 ** 32 / 1000 - 500 });

    for (const rate of rates.slice(3)) assert.ok(Math.abs(rate - SIZE * 500) < SIZE * 5, `${rate}`);
  });

  it("comes with how long the link had been idle before the packet", () => {
    const sent = new SentPackets(new RoundTripTime());
    sent.restart(SESSION);
    for (let number = 0; number < 20; number++) {
      recordWatched(sent, number, SIZE, milliseconds(number), 0, 0, number < 10 ? 3 : 12);
    }

    const idleTimes = [9, 15].map(
      (highest, serial) =>
        sent.acknowledge(
          makeReport({ session: SESSION, serial, highest, bytes: (highest + 1) * SIZE, arrival: 100 + highest }),
          milliseconds(40 + highest),
        )?.idleTime,
    );

    assert.deepEqual(idleTimes, [3, 12]);
  });
});

function sending(count: number, roundTripTime = new RoundTripTime()): SentPackets {
  const sent = new SentPackets(roundTripTime);
  sent.restart(SESSION);
  for (let number = 0; number < count; number++) {
    recordWatched(sent, number, SIZE, milliseconds(Math.min(number, 9999)), number, 100 * number);
  }
  return sent;
}

function positions(list: PositionList): number[] {
  return Array.from({ length: list.count }, (_, place) => list.at(place));
}

type Delivery = {
  sendGap: number;
  arrivalGap: number;
  backJitter: (round: number) => number;
  clock?: number;
  burst?: number;
};

/** Sends in rounds of 25 packets, each reported 20 ms after its arrival, and returns the rates that came out. */
function deliver({ sendGap, arrivalGap, backJitter, clock = 12_345, burst = 1 }: Delivery): number[] {
  const sent = new SentPackets(new RoundTripTime());
  sent.restart(SESSION);
  const rates: number[] = [];
  const pending: { at: number; number: number; arrival: number }[] = [];
  for (let number = 0; number < 1000; number++) {
    const now = number * sendGap;
    for (const report of pending.splice(0, pending.findIndex(({ at }) => at > now) + 1 || pending.length)) {
      if (report.at > now) {
        pending.unshift(report);
        break;
      }
      const rate = acknowledge(sent, report)?.deliveryRate;
      if (rate !== undefined) rates.push(rate);
    }
    recordWatched(sent, number, SIZE, milliseconds(now));
    const arrival = 10 + (burst > 1 ? Math.floor(number / burst) * burst * arrivalGap : number * arrivalGap);
    if (number % 25 === 24) {
      pending.push({ at: arrival + 20 + backJitter(pending.length), number, arrival: clock + arrival });
    }
  }
  return rates;
}

function acknowledge(sent: SentPackets, { at, number, arrival }: { at: number; number: number; arrival: number }) {
  const report = makeReport({
    session: SESSION,
    serial: Math.floor(number / 25),
    highest: number,
    described: Math.min(number, 100),
    bytes: (number + 1) * SIZE,
    arrival,
  });
  return sent.acknowledge(report, milliseconds(at));
}
