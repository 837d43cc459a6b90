import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { EarliestArrivalScheduler } from "../../shared/protocol/scheduler/earliest-arrival.ts";
import type { Demand } from "../../shared/protocol/scheduler/scheduler.ts";
import { megabitsPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import { downLink, upLink } from "../support/member-links.ts";

// By so much a queue is longer for processes that run late at times, in milliseconds.
const LATE_AT_TIMES = 15;
const NOW = milliseconds(1000);
// What waits is averaged over 60 ms.
const LATER = milliseconds(NOW + 300);
const MUCH_LATER = milliseconds(NOW + 900);
const SIZE = 1500;

describe("The earliest-arrival scheduler", () => {
  it("sends a lone packet on the line with the least delay", () => {
    const [near, far] = [line(0, 10, 10), line(1, 10, 60)];

    assert.equal(pick([far, near]), near);
  });

  it("prefers a faster line to a nearer one when the packet arrives there first", () => {
    // 12 ms to send and 5 ms on the way, against 0.12 ms and 10 ms.
    const [slow, fast] = [line(0, 1, 10), line(1, 100, 20)];

    assert.equal(pick([slow, fast]), fast);
  });

  it("lets a lone packet wait for the fastest line rather than take a free one that is slower", () => {
    const [near, far] = [line(0, 10, 10), line(1, 10, 200)];
    keepBusy(near);

    assert.equal(pick([near, far]), undefined);
  });

  it("spreads bulk over lines of the same delay, each as it is free", () => {
    const [one, other] = [line(0, 10, 20), line(1, 10, 21)];
    const scheduler = schedulerOf([one, other]);
    keepBusy(one);

    assert.equal(scheduler.pick([one, other], bulk(0), NOW), other);
  });

  it("keeps bulk from a farther line until what waits for long would arrive earlier there", () => {
    const [near, far] = [line(0, 10, 10), line(1, 10, 40)];
    const links = [near, far];
    const scheduler = schedulerOf(links);
    keepBusy(near, milliseconds(LATER + 1));

    // 15 ms farther: as much waits when 18,750 bytes do.
    assert.equal(scheduler.pick(links, bulk(10_000), LATER), undefined);
    assert.equal(scheduler.pick(links, bulk(30_000), milliseconds(LATER + 1)), undefined);
    keepBusy(near, MUCH_LATER);
    assert.equal(scheduler.pick(links, bulk(20_000), MUCH_LATER), far);
    assert.equal(scheduler.pick(links, bulk(0), MUCH_LATER), far);
  });

  it("lets bulk leave the farther line when it no longer fills the nearer one", () => {
    const [near, far] = [line(0, 10, 10), line(1, 10, 40)];
    const links = [near, far];
    const scheduler = schedulerOf(links);
    keepBusy(near, MUCH_LATER);
    assert.equal(scheduler.pick(links, bulk(20_000), MUCH_LATER), far);

    for (const after of [300, 600, 900]) scheduler.onFeedback(links, 0, milliseconds(MUCH_LATER + after));

    assert.equal(scheduler.pick(links, bulk(0), MUCH_LATER), undefined);
  });

  it("has no use for a line that adds little and is far", () => {
    const [near, far] = [line(0, 50, 10), line(1, 1, 600)];

    assert.equal(schedulerOf([near, far]).usefulWait, schedulerOf([near]).usefulWait);
  });

  it("wants so much in the queue that a flow of CUBIC keeps the links full after a loss (RFC 9438 §4.6)", () => {
    const near = line(0, 1000, 100);

    const { usefulWait } = schedulerOf([near]);

    assert.ok(Math.abs(usefulWait - (0.4 * 100 + LATE_AT_TIMES)) < 0.1, `${usefulWait}`);
  });

  it("wants it on the farthest line, too", () => {
    const { usefulWait } = schedulerOf([line(0, 1000, 600)]);

    assert.ok(Math.abs(usefulWait - (0.4 * 600 + LATE_AT_TIMES)) < 0.1, `${usefulWait}`);
  });

  it("wants what the flow's window needs for the lines at their best, while they are at half of it", () => {
    const [one, other] = [line(0, 1000, 100), line(1, 1000, 100)];
    const scheduler = schedulerOf([one, other]);

    other.handle({ kind: "uplink lost", reason: "test" }, NOW);
    scheduler.onFeedback([one, other], 0, NOW);

    assert.ok(
      Math.abs(scheduler.usefulWait - ((1.4 * 2 - 1) * 100 + LATE_AT_TIMES)) < 0.1,
      `${scheduler.usefulWait}`,
    );
  });

  it("wants more in the queue while copies of lost packets are awaited, up to a bound", () => {
    const [near, worse, worst] = [line(0, 1000, 100), line(0, 1000, 100), line(0, 1000, 600)];
    worse.sendLoss.count(99, 1, NOW);
    worst.sendLoss.count(99, 1, NOW);

    const [usual, wanted, most] = [near, worse, worst].map((link) => schedulerOf([link]).usefulWait);

    assert.ok(Math.abs((usual ?? 0) - (40 + LATE_AT_TIMES)) < 0.1, `${usual}`);
    assert.ok(Math.abs((wanted ?? 0) - (40 + LATE_AT_TIMES + 100 + 20)) < 0.1, `${wanted}`);
    assert.equal(most, 300);
  });

  it("wants it for as little loss as stops a flow for a hundredth of the time, and no more once that is long ago", () => {
    const [rare, often] = [line(0, 1000, 20), line(0, 1000, 20)];
    rare.sendLoss.count(99, 1, NOW);
    for (let moment = 0; moment < 3; moment++) often.sendLoss.count(3000, 1, NOW);

    const [least, more] = [rare, often].map((link) => schedulerOf([link]).usefulWait);
    const scheduler = schedulerOf([often]);
    scheduler.onFeedback([often], 0, milliseconds(NOW + 60_000));

    assert.ok(Math.abs((more ?? 0) - (least ?? 0) - (20 + 20)) < 0.1, `${least} and ${more}`);
    assert.equal(scheduler.usefulWait, least);
  });

  it("takes no line that is down", () => {
    assert.equal(pick([downLink({ sendRate: megabitsPerSecond(10) })]), undefined);
  });
});

function line(ordinal: number, megabits: number, roundTripMs: number): MemberLink {
  const link = upLink({ ordinal, sendRate: megabitsPerSecond(megabits) });
  link.roundTripTime.sample(milliseconds(roundTripMs), NOW);
  return link;
}

function keepBusy(link: MemberLink, now = NOW): void {
  while (link.pacer.isFree(now)) link.pacer.charge(SIZE, now);
}

function pick(links: readonly MemberLink[]): MemberLink | undefined {
  return schedulerOf(links).pick(links, { size: SIZE, isBulk: false, backlog: 0 }, NOW);
}

function schedulerOf(links: readonly MemberLink[]): EarliestArrivalScheduler {
  const scheduler = new EarliestArrivalScheduler();
  scheduler.onFeedback(links, 0, NOW);
  return scheduler;
}

function bulk(backlog: number): Demand {
  return { size: SIZE, isBulk: true, backlog };
}
