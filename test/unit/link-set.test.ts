import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { LinkSet } from "../../shared/protocol/scheduler/link-set.ts";
import { type BytesPerSecond, megabitsPerSecond, milliseconds, UNLIMITED } from "../../shared/protocol/units.ts";
import { type TestLinkOptions, upLink } from "../support/member-links.ts";

const NOW = milliseconds(1000);

describe("The links that bulk is spread over", () => {
  it("are all whose delays hardly differ", () => {
    assert.deepEqual(members([line(0, 20, 20), line(1, 20, 22), line(2, 20, 60)]), [0, 1]);
  });

  it("begin with as many as come near the fastest, when that is not much farther", () => {
    assert.deepEqual(members([line(0, 20, 10), line(1, 20, 30), line(2, 150, 80)]), [0, 1, 2]);
    assert.deepEqual(members([line(0, 20, 10), line(1, 150, 400)]), [0]);
  });

  it("begin with a far one when a page would be there sooner than by a slow one", () => {
    assert.deepEqual(members([line(0, 1, 10), line(1, 30, 400)]), [0, 1]);
  });

  it("are without those that add next to nothing, whether near or far", () => {
    assert.deepEqual(members([line(0, 1, 4), line(1, 100, 20), line(2, 2, 21)]), [1]);
  });

  it("are those of the best tier until that is full", () => {
    const links = [line(0, 20, 20), line(1, 50, 5, { line: { priority: 2 } })];
    const set = setOf(links);
    const atFirst = membersOf(set, links);

    for (let now = 1000; now < 1400; now += 20) set.grow(100_000, milliseconds(now));

    assert.deepEqual(atFirst, [0]);
    assert.deepEqual(membersOf(set, links), [0, 1]);
  });

  it("are more when what is sent waits in the lines, as where their rates are taken for too high", () => {
    const links = [line(0, 75, 16), line(1, 30, 60)];
    const set = setOf(links);
    const grown: boolean[] = [];

    for (const delay of [0, 20, 40]) {
      links[0]?.estimator.queue.sample(milliseconds(delay), 1400, NOW);
      grown.push(set.grow(1400, NOW));
    }

    assert.deepEqual(grown, [false, false, true]);
  });

  it("are more for a trial when the nearer ones are full for a second without a queue, as BBR keeps them", () => {
    const links = [line(0, 50, 16), line(1, 20, 60)];
    const set = setOf(links);

    assert.deepEqual(membersOf(set, links), [0]);
    for (let now = 1200; now < 3000; now += 200) carry(set, links, megabitsPerSecond(50), now);

    assert.deepEqual(membersOf(set, links), [0, 1]);
  });

  it("are not more when what the nearer ones carry is less than they can, or the next is much farther", () => {
    const [idle, far] = [
      [line(0, 50, 16), line(1, 20, 60)],
      [line(0, 50, 16), line(1, 20, 160)],
    ];
    const [ofIdle, ofFar] = [setOf(idle), setOf(far)];

    for (let now = 1200; now < 10_000; now += 200) {
      carry(ofIdle, idle, megabitsPerSecond(40), now);
      carry(ofFar, far, megabitsPerSecond(50), now);
    }

    assert.deepEqual(membersOf(ofIdle, idle), [0]);
    assert.deepEqual(membersOf(ofFar, far), [0]);
  });

  it("are steady at first, and swing by how much smaller a window fills them than lately, until that is forgotten", () => {
    const links = [line(0, 20, 20), line(1, 60, 20)];
    const set = setOf(links);
    const atFirst = set.unrest.swing;

    links[1]?.handle({ kind: "uplink lost", reason: "test" }, NOW);
    set.refresh(links, 0, NOW);
    const afterwards = set.unrest.swing;
    for (let now = 1000; now <= 60_000; now += 1000) set.refresh(links, 0, milliseconds(now));

    // A quarter of the rate, and about the same round trip.
    assert.deepEqual([atFirst, Math.round(afterwards), set.unrest.swing], [1, 4, 1]);
  });

  it("ask for no long queue to find out what a far line carries that has no configured rate", () => {
    const unknown = { sendRate: UNLIMITED };

    assert.ok(setOf([line(0, 50, 20), line(1, 0, 120, unknown)]).usefulWait > 0);
    assert.equal(setOf([line(0, 50, 20), line(1, 0, 600, unknown)]).usefulWait, 0);
    assert.ok(setOf([line(0, 50, 20), line(1, 50, 600)]).usefulWait > 0);
  });

  it("are those in use only, and reserves when there is no other", () => {
    const links = [line(0, 20, 20), line(1, 20, 20)];
    const [first] = links;
    if (first === undefined) assert.fail("no link");

    first.use = { kind: "reserved", reason: "test" };
    const withoutReserve = members(links);
    links[1]?.handle({ kind: "uplink lost", reason: "test" }, NOW);

    assert.deepEqual(withoutReserve, [1]);
    assert.deepEqual(members(links), [0]);
  });
});

function carry(set: LinkSet, links: readonly MemberLink[], rate: BytesPerSecond, now: number): void {
  set.onCarried(rate / 5);
  set.refresh(links, 0, milliseconds(now));
}

function members(links: readonly MemberLink[]): number[] {
  return membersOf(setOf(links), links);
}

function membersOf(set: LinkSet, links: readonly MemberLink[]): number[] {
  return links.filter((link) => set.has(link)).map(({ ordinal }) => ordinal);
}

function setOf(links: readonly MemberLink[]): LinkSet {
  const set = new LinkSet();
  set.refresh(links, 0, NOW);
  return set;
}

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
