import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RunLink } from "../../shared/protocol/scheduler/run-link.ts";
import { megabitsPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import { upLink } from "../support/member-links.ts";

const NOW = milliseconds(1000);
const SIZE = 1400;

describe("The link of a run of segments", () => {
  it("takes what leaves within 100 us by its rate", () => {
    const link = upLink({ sendRate: megabitsPerSecond(1000) });
    const run = new RunLink();
    run.begin(link, SIZE);

    const taken = Array.from({ length: 9 }, () => run.take(SIZE, NOW) === link);

    // 12,500 bytes are eight segments, the first of which it began with.
    assert.deepEqual(taken, [true, true, true, true, true, true, true, false, false]);
  });

  it("takes nothing more on a line on which a segment takes longer", () => {
    const run = new RunLink();
    run.begin(upLink({ sendRate: megabitsPerSecond(100) }), SIZE);

    assert.equal(run.take(SIZE, NOW), undefined);
  });

  it("takes nothing once it may not carry, nor after the end", () => {
    const link = upLink({ sendRate: megabitsPerSecond(10_000) });
    const run = new RunLink();
    run.begin(link, SIZE);
    const before = run.take(SIZE, NOW);
    if (link.outlet !== undefined) link.outlet.isBlocked = true;
    const blocked = run.take(SIZE, NOW);
    if (link.outlet !== undefined) link.outlet.isBlocked = false;

    run.end();

    assert.deepEqual([before, blocked, run.take(SIZE, NOW)], [link, undefined, undefined]);
  });
});
