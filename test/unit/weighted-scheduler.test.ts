import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { WeightedScheduler } from "../../shared/protocol/scheduler/weighted.ts";
import { bytesPerSecond, megabitsPerSecond, seconds } from "../../shared/protocol/units.ts";
import { downLink, upLink } from "../support/member-links.ts";

const NOW = seconds(1);
const SIZE = 1500;

const DEMAND = { size: 1500, isBulk: true, backlog: 0 };

// Rates so high that no pacer is ever busy at these sizes for longer than its burst.
const GIGABIT = 1000;

describe("The weighted scheduler", () => {
  it("has no link for a fragment when none may carry", () => {
    const scheduler = new WeightedScheduler();
    const blocked = upLink();
    block(blocked, true);

    assert.equal(scheduler.pick([], DEMAND, NOW), undefined);
    assert.equal(scheduler.pick([downLink(), blocked], DEMAND, NOW), undefined);
  });

  it("takes links of equal weight in turn", () => {
    const links = [upLink({ ordinal: 0 }), upLink({ ordinal: 1 }), upLink({ ordinal: 2 })];

    const picked = carry(new WeightedScheduler(), links, 9);

    assert.deepEqual(
      picked.map(({ ordinal }) => ordinal),
      [0, 1, 2, 0, 1, 2, 0, 1, 2],
    );
  });

  it("shares by weight within 1 %, also over short stretches", () => {
    const rates = [3, 1, 0.5].map((factor) => megabitsPerSecond(GIGABIT * factor));
    const links = rates.map((sendRate, ordinal) => upLink({ ordinal, sendRate }));
    const scheduler = new WeightedScheduler();

    const picked = carry(scheduler, links, 4500);

    for (const [ordinal, expected] of [3000, 1000, 500].entries()) {
      const count = picked.filter((link) => link.ordinal === ordinal).length;
      assert.ok(Math.abs(count - expected) <= 5, `${count} of ${expected}`);
    }
    const stretch = picked.slice(900, 945).filter((link) => link.ordinal === 0).length;
    assert.ok(stretch >= 28 && stretch <= 32, `${stretch} of 45`);
  });

  it("counts bytes and not packets", () => {
    const links = [upLink({ ordinal: 0 }), upLink({ ordinal: 1 })];
    const scheduler = new WeightedScheduler();
    const carried = [0, 0];

    for (let packet = 0; packet < 1000; packet++) {
      const link = scheduler.pick(links, DEMAND, NOW);
      if (link === undefined) assert.fail("no link may carry");
      const size = packet % 2 === 0 ? 1500 : 60;
      scheduler.onCarried(link, size);
      carried[link.ordinal] = (carried[link.ordinal] ?? 0) + size;
    }

    const [first = 0, second = 0] = carried;
    assert.ok(Math.abs(first - second) <= 1500, `${first} and ${second}`);
  });

  it("gives a link that could not carry for a while its share from now on, and none for the past", () => {
    const scheduler = new WeightedScheduler();
    const sendRate = megabitsPerSecond(10);
    const [stalled, other] = [upLink({ ordinal: 0, sendRate }), upLink({ ordinal: 1, sendRate })];
    const links = [stalled, other];
    carry(scheduler, links, 10);
    block(stalled, true);
    carry(scheduler, links, 10_000);
    block(stalled, false);

    const picked = carry(scheduler, links, 200);

    const share = picked.filter((link) => link === stalled).length;
    assert.ok(share >= 90 && share <= 120, `${share} of 200`);
  });

  it("gives a link that has come up its share from now on, and none for the past", () => {
    const scheduler = new WeightedScheduler();
    const [first, second] = [upLink({ ordinal: 0 }), upLink({ ordinal: 1 })];
    carry(scheduler, [first], 10_000);

    scheduler.onLinkUp(second, [first, second]);
    const picked = carry(scheduler, [first, second], 200);

    const share = picked.filter((link) => link === second).length;
    assert.ok(share >= 99 && share <= 101, `${share} of 200`);
  });

  it("does not let a link that was ahead when it went down wait for the others", () => {
    const scheduler = new WeightedScheduler();
    const [slow, fast] = [
      upLink({ ordinal: 0, sendRate: bytesPerSecond(125) }),
      upLink({ ordinal: 1, sendRate: megabitsPerSecond(GIGABIT) }),
    ];
    scheduler.onCarried(slow, SIZE);

    scheduler.onLinkUp(slow, [slow, fast]);

    assert.equal(scheduler.pick([slow, fast], DEMAND, NOW), slow);
  });
});

function block(link: MemberLink, isBlocked: boolean): void {
  if (link.outlet !== undefined) link.outlet.isBlocked = isBlocked;
}

function carry(scheduler: WeightedScheduler, links: readonly MemberLink[], count: number): MemberLink[] {
  return Array.from({ length: count }, () => {
    const link = scheduler.pick(links, DEMAND, NOW);
    if (link === undefined) assert.fail("no link may carry");
    scheduler.onCarried(link, SIZE);
    return link;
  });
}
