import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { EarliestArrivalScheduler } from "../../shared/protocol/scheduler/earliest-arrival.ts";
import { type Milliseconds, megabitsPerSecond, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { makeRestless, upLink } from "../support/member-links.ts";
import { makeReport } from "../support/quality-reports.ts";
import { makeSendingEnd } from "../support/sending-end.ts";

const NOW = seconds(10);
const SESSION = 2;
const LARGE = 1000;
const SMALL = 100;

describe("A fragment that is overdue", () => {
  it("goes out once more on another link when its line, which changes all the time, has stalled and nothing waits", () => {
    const [near, far] = [lineOf(0, 20), lineOf(1, 300)];
    const { outbound, send, write, frames } = sendingEnd([near, far]);
    makeRestless(near, NOW);
    for (let packet = 0; packet < 3; packet++) send(LARGE);
    write();
    const dueAt = near.overdueAt();

    outbound.poll(milliseconds(dueAt - 1));
    const before = frames().length;
    for (let now: number = dueAt; now < dueAt + 20; now++) outbound.poll(milliseconds(now));

    const copies = frames().filter(({ isCopy }) => isCopy);
    assert.ok(dueAt > NOW + 20 && dueAt < NOW + 200, `${dueAt - NOW} ms`);
    assert.deepEqual(
      [before, copies.map(({ link, serial }) => [link.ordinal, serial])],
      [3, [1, 2, 3].map((serial) => [far.ordinal, serial])],
    );
    assert.equal(near.sentPackets.inFlightPackets, 3);
  });
});

describe("A fragment that was lost", () => {
  it("is sent again as a copy with the same number, where it arrives first", () => {
    const [far, near] = [lineOf(0, 60), lineOf(1, 20)];
    const { outbound, send, write, frames } = sendingEnd([near, far]);
    for (let packet = 0; packet < 5; packet++) send(LARGE);
    const originals = frames().length;

    report(near, { highest: 4, missing: [1] });
    outbound.onFeedback(near, NOW);
    write();
    outbound.poll(NOW);

    const copies = frames().filter(({ isCopy }) => isCopy);
    assert.deepEqual([originals, frames().length], [5, 6]);
    assert.deepEqual(
      copies.map(({ link, serial, sequence }) => [link.ordinal, serial, sequence]),
      [[near.ordinal, 2, 1]],
    );
    assert.deepEqual(frames()[1]?.bytes, copies[0]?.bytes);
  });

  it("goes out on another link once its own is silent", () => {
    const [near, far] = [lineOf(0, 20), lineOf(1, 60)];
    const { outbound, send, write, frames } = sendingEnd([near, far]);
    for (let packet = 0; packet < 5; packet++) send(LARGE);

    write();
    const silentAt = near.sentPackets.nextTimeout();
    near.sentPackets.handleTimeout(silentAt);
    outbound.onFeedback(near, silentAt);
    outbound.poll(silentAt);

    assert.ok(near.isSilent && silentAt - NOW < 300, `${silentAt - NOW} ms`);
    const copies = frames().filter(({ isCopy }) => isCopy);
    assert.deepEqual(
      copies.map(({ link, serial }) => [link.ordinal, serial]),
      [1, 2, 3, 4, 5].map((serial) => [far.ordinal, serial]),
    );
  });

  it("is sent again on a farther link where so many wait for the nearest that they would be later there", () => {
    const [lost, near, far] = [lineOf(0, 4), lineOf(1, 20, {}, 1), lineOf(2, 60, {}, 10)];
    const { outbound, send, write, frames } = sendingEnd([lost, near, far]);
    for (let packet = 0; packet < 20; packet++) send(LARGE);

    lost.handle({ kind: "uplink lost", reason: "test" }, NOW);
    lost.sentPackets.abandon();
    outbound.onFeedback(lost, NOW);
    write();
    for (let now: number = NOW; now < NOW + 40; now++) outbound.poll(milliseconds(now));

    const copies = frames().filter(({ isCopy }) => isCopy);
    const isNear = copies.map(({ link }) => link === near);
    // Each takes 8 ms or 0.8 ms, and the other link is 20 ms farther.
    assert.equal(copies.length, 20);
    assert.equal(isNear[0], true);
    assert.ok(isNear.filter((one) => !one).length >= 14);
  });

  it("is sent again four times, and then given up", () => {
    const link = lineOf(0, 20);
    const { outbound, send, write, frames, cells } = sendingEnd([link]);
    send(LARGE);

    for (let round = 0; round < 6; round++) {
      link.sentPackets.abandon();
      outbound.onFeedback(link, NOW);
      write();
      outbound.poll(NOW);
    }
    cells.recycle();

    const { counters } = outbound.recovery;
    assert.equal(frames().length, 1 + 4);
    assert.deepEqual([counters.lost, counters.sentAgain, counters.givenUp], [5, 4, 1]);
    assert.equal(cells.freeCount, cells.capacity);
  });

  it("is of no use after a second, in the real-time class after 250 ms", () => {
    const counts = [SMALL, LARGE].map((size) =>
      [200, 300, 1100].map((age) => {
        const link = lineOf(0, 20);
        const { outbound, send, write } = sendingEnd([link]);
        send(size);
        write();
        link.sentPackets.abandon();
        outbound.onFeedback(link, milliseconds(NOW + age));
        outbound.poll(milliseconds(NOW + age));
        return outbound.recovery.counters.sentAgain;
      }),
    );

    assert.deepEqual(counts, [
      [1, 0, 0],
      [1, 1, 0],
    ]);
  });

  it("that needed more than the budget of copies is given up", () => {
    const link = lineOf(0, 20);
    const { outbound, send, write, cells } = sendingEnd([link], 400);
    for (let packet = 0; packet < 290; packet++) send(LARGE);

    while (outbound.recovery.budget.take(50_000));
    link.sentPackets.abandon();
    outbound.onFeedback(link, NOW);
    write();
    outbound.poll(NOW);
    cells.recycle();

    const { sentAgain, givenUp } = outbound.recovery.counters;
    assert.ok(sentAgain > 0 && sentAgain <= 50 && givenUp === 290 - sentAgain, `${sentAgain} and ${givenUp}`);
    assert.equal(cells.freeCount + sentAgain, cells.capacity);
  });

  it("is not sent again when nothing may be, and takes no memory", () => {
    const link = lineOf(0, 20);
    const { outbound, send, frames, cells } = sendingEnd([link]);
    outbound.recovery.isOn = false;
    send(LARGE);

    link.sentPackets.abandon();
    outbound.onFeedback(link, NOW);
    outbound.poll(NOW);

    assert.equal(frames().length, 1);
    assert.equal(cells.freeCount, cells.capacity);
  });

  it("waits for the next round where it was sent in this one, as what is kept of it is copied when that ends", () => {
    const [lost, other] = [lineOf(0, 20), lineOf(1, 60)];
    const { outbound, send, write, frames } = sendingEnd([lost, other]);
    send(LARGE);
    lost.handle({ kind: "uplink lost", reason: "test" }, NOW);
    lost.sentPackets.abandon();
    outbound.onFeedback(lost, NOW);

    outbound.poll(NOW);
    const [sentAtOnce, next] = [outbound.recovery.counters.sentAgain, outbound.nextTimeout()];
    write();
    outbound.poll(NOW);

    assert.deepEqual([sentAtOnce, next <= NOW, outbound.recovery.counters.sentAgain], [0, true, 1]);
    assert.deepEqual(frames()[1]?.bytes.subarray(0, 40), frames()[0]?.bytes.subarray(0, 40));
  });
});

describe("The memory of what may be lost", () => {
  it("is given back when it is reported", () => {
    const link = lineOf(0, 20);
    const { outbound, send, cells } = sendingEnd([link]);
    for (let packet = 0; packet < 5; packet++) send(LARGE);
    const kept = cells.capacity - cells.freeCount;

    report(link, { highest: 4, missing: [] });
    outbound.onFeedback(link, NOW);
    cells.recycle();

    assert.equal(kept, 5);
    assert.equal(cells.freeCount, cells.capacity);
  });

  it("leaves a quarter of the cells to what waits", () => {
    const link = lineOf(0, 20);
    const { send, frames, cells } = sendingEnd([link], 40);

    for (let packet = 0; packet < 60; packet++) send(LARGE);

    assert.equal(frames().length, 60);
    assert.ok(cells.freeCount >= 9 && cells.freeCount <= 10, `${cells.freeCount}`);
  });
});

describe("A call over two lines", () => {
  it("is sent once while they are good", () => {
    const { send, frames } = sendingEnd([lineOf(0, 20), lineOf(1, 60)]);

    send(SMALL);

    assert.equal(frames().length, 1);
  });

  it("is sent twice while a line loses 0.5 %, and bulk is not", () => {
    const [near, far] = [lineOf(0, 20), lineOf(1, 60)];
    const { outbound, send, frames } = sendingEnd([near, far]);
    near.sendLoss.count(199, 1, NOW);
    outbound.onFeedback(near, milliseconds(NOW + 1000));

    send(SMALL);
    send(LARGE);

    assert.deepEqual(
      frames().map(({ link, serial, isCopy }) => [link.ordinal, serial, isCopy]),
      [
        [near.ordinal, 1, false],
        [near.ordinal, 2, false],
        [far.ordinal, 1, true],
      ],
    );
    assert.equal(outbound.recovery.counters.sentTwice, 1);
  });

  it("is sent once where the operator does not want it twice, or the other line is kept for later", () => {
    const [lossy, reserve] = [lineOf(0, 20), lineOf(1, 60, { isFallbackOnly: true })];
    const unwanted = sendingEnd([lossy, lineOf(1, 60)]);
    const spared = sendingEnd([lossy, reserve]);
    unwanted.outbound.recovery.redundancy.isAllowed = false;
    lossy.sendLoss.count(90, 10, NOW);

    for (const { outbound, send } of [unwanted, spared]) {
      outbound.onFeedback(lossy, milliseconds(NOW + 1000));
      send(SMALL);
    }

    const sentTwice = [unwanted, spared].map(({ outbound }) => outbound.recovery.counters.sentTwice);
    assert.deepEqual(sentTwice, [0, 0]);
  });
});

function sendingEnd(links: readonly MemberLink[], cells = 256) {
  return makeSendingEnd(links, { cells, scheduler: new EarliestArrivalScheduler() });
}

function lineOf(ordinal: number, roundTrip: number, line = {}, megabits = 10_000): MemberLink {
  const link = upLink({ ordinal, sendRate: megabitsPerSecond(megabits), line });
  link.roundTripTime.sample(milliseconds(roundTrip), NOW);
  link.sentPackets.restart(SESSION);
  return link;
}

type Received = { readonly highest: number; readonly missing: readonly number[] };

function report(link: MemberLink, received: Received, at: Milliseconds = NOW): void {
  link.handleReport(makeReport({ session: SESSION, serial: 0, ...received }), at);
}
