import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { EarliestArrivalScheduler } from "../../shared/protocol/scheduler/earliest-arrival.ts";
import { megabitsPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import { downLink, upLink } from "../support/member-links.ts";

const NOW = milliseconds(1000);
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

  it("takes the slower line when the end of the backlog would arrive later on the faster one", () => {
    const [near, far] = [line(0, 10, 10), line(1, 10, 40)];
    keepBusy(near);

    assert.equal(pick([near, far], { backlog: 10_000 }), undefined);
    assert.equal(pick([near, far], { backlog: 30_000 }), far);
  });

  it("takes every line that is free for a backlog that stands", () => {
    const [near, far] = [line(0, 10, 10), line(1, 10, 200)];
    keepBusy(near);

    assert.equal(pick([near, far], { isStanding: true }), far);
  });

  it("shares by weight while the rate of a line is not known", () => {
    const [known, unknown] = [line(0, 10, 10), upLink({ ordinal: 1 })];
    const scheduler = new EarliestArrivalScheduler();
    const picked = new Set<MemberLink | undefined>();

    for (let count = 0; count < 10; count++) {
      const link = scheduler.pick([known, unknown], SIZE, 0, false, NOW);
      if (link !== undefined) scheduler.onCarried(link, SIZE);
      picked.add(link);
    }

    assert.deepEqual(picked, new Set([known, unknown]));
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

function keepBusy(link: MemberLink): void {
  while (link.pacer.isFree(NOW)) link.pacer.charge(SIZE, NOW);
}

function pick(
  links: readonly MemberLink[],
  demand: { readonly backlog?: number; readonly isStanding?: boolean } = {},
): MemberLink | undefined {
  const { backlog = 0, isStanding = false } = demand;
  return new EarliestArrivalScheduler().pick(links, SIZE, backlog, isStanding, NOW);
}
