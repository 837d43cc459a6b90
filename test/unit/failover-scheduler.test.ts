import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { FailoverScheduler } from "../../shared/protocol/scheduler/failover.ts";
import { RedundantScheduler } from "../../shared/protocol/scheduler/redundant.ts";
import type { Scheduler } from "../../shared/protocol/scheduler/scheduler.ts";
import { megabitsPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import { type TestLinkOptions, upLink } from "../support/member-links.ts";

const NOW = milliseconds(1000);
const SIZE = 1500;

describe("The failover scheduler", () => {
  it("sends all on the best link, free or not", () => {
    const links = [line(0, 10, 20), line(1, 100, 10), line(2, 20, 5)];
    const scheduler = schedulerOf(new FailoverScheduler(), links);

    const whenFree = pick(scheduler, links, true);
    keepBusy(links[1]);

    assert.equal(whenFree, links[1]);
    assert.equal(pick(scheduler, links, true), undefined);
    assert.equal(pick(scheduler, links, false), undefined);
  });

  it("takes the next best while the best is down, reserved or benched, and the best again after that", () => {
    const links = [line(0, 10, 20), line(1, 100, 10), line(2, 20, 5)];
    const [, best, next] = links;
    const scheduler = schedulerOf(new FailoverScheduler(), links);
    if (best === undefined) assert.fail("no link");

    best.use = { kind: "benched", reason: "test", until: milliseconds(2000) };
    scheduler.onFeedback(links, 0, NOW);
    const whileBenched = pick(scheduler, links, true);
    best.use = { kind: "used" };
    scheduler.onFeedback(links, 0, NOW);
    const after = pick(scheduler, links, true);
    best.handle({ kind: "uplink lost", reason: "test" }, NOW);
    scheduler.onFeedback(links, 0, NOW);

    assert.deepEqual([whileBenched, after, pick(scheduler, links, true)], [next, best, next]);
  });

  it("prefers a better tier to a faster link", () => {
    const links = [line(0, 10, 20), line(1, 100, 10, { line: { priority: 2 } })];

    assert.equal(pick(schedulerOf(new FailoverScheduler(), links), links, true), links[0]);
  });

  it("does not change the link for one that is only a little better", () => {
    const [one, other] = [line(0, 20, 10), line(1, 22, 10)];
    const scheduler = schedulerOf(new FailoverScheduler(), [one]);

    scheduler.onFeedback([one, other], 0, NOW);

    assert.equal(pick(scheduler, [one, other], true), one);
  });
});

describe("The redundant scheduler", () => {
  it("wants copies on all links", () => {
    assert.equal(new RedundantScheduler().copiesToAll, true);
  });

  it("sends bulk on the fastest link, for which it waits, and a sparse packet where it arrives first", () => {
    const links = [line(0, 5, 2), line(1, 100, 20)];
    const scheduler = schedulerOf(new RedundantScheduler(), links);

    const picked = [pick(scheduler, links, true), pick(scheduler, links, false)];
    keepBusy(links[1]);

    assert.deepEqual(picked, [links[1], links[0]]);
    assert.equal(pick(scheduler, links, true), undefined);
  });
});

function line(
  ordinal: number,
  megabits: number,
  roundTripMs: number,
  options: Partial<TestLinkOptions> = {},
): MemberLink {
  const link = upLink({ ordinal, sendRate: megabitsPerSecond(megabits), ...options });
  link.roundTripTime.sample(milliseconds(roundTripMs), NOW);
  return link;
}

function keepBusy(link: MemberLink | undefined): void {
  while (link?.pacer.isFree(NOW)) link.pacer.charge(SIZE, NOW);
}

function schedulerOf(scheduler: Scheduler, links: readonly MemberLink[]): Scheduler {
  scheduler.onFeedback(links, 0, NOW);
  return scheduler;
}

function pick(scheduler: Scheduler, links: readonly MemberLink[], isBulk: boolean): MemberLink | undefined {
  return scheduler.pick(links, { size: SIZE, isBulk, backlog: 0 }, NOW);
}
