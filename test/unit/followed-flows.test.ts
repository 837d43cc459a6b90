import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FollowedFlows } from "../../shared/protocol/pinning/followed-flows.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { upLink } from "../support/member-links.ts";

const NOW = seconds(10);
const LIMIT = 4096;

describe("The flows that follow the peer", () => {
  it("are found on the link that they came on last, for a minute", () => {
    const [first, second] = [upLink({ ordinal: 0 }), upLink({ ordinal: 1 })];
    const flows = new FollowedFlows();
    flows.note(7, first, NOW);
    flows.note(7, second, milliseconds(NOW + 500));

    assert.equal(flows.find(7, milliseconds(NOW + 59_999)), second);
    assert.equal(flows.find(7, milliseconds(NOW + 60_000)), undefined);
    assert.equal(flows.find(8, NOW), undefined);
  });

  it("stay known while packets come", () => {
    const link = upLink();
    const flows = new FollowedFlows();

    for (let at = 0; at <= 200_000; at += 300) flows.note(7, link, milliseconds(NOW + at));

    assert.equal(flows.find(7, milliseconds(NOW + 250_000)), link);
  });

  it("are a bounded number, of which the one that was silent longest gives way", () => {
    const link = upLink();
    const flows = new FollowedFlows();
    for (let hash = 1; hash <= LIMIT; hash++) flows.note(hash, link, NOW);
    flows.note(1, link, milliseconds(NOW + 2000));

    flows.note(LIMIT + 1, link, milliseconds(NOW + 2001));

    assert.equal(flows.count, LIMIT);
    const found = [1, 2, 3, LIMIT + 1].map((hash) => flows.find(hash, milliseconds(NOW + 2001)) !== undefined);
    assert.deepEqual(found, [true, false, true, true]);
  });

  it("make room once they are too old", () => {
    const link = upLink();
    const flows = new FollowedFlows();
    for (let hash = 1; hash <= 100; hash++) flows.note(hash, link, NOW);

    flows.note(200, link, milliseconds(NOW + 60_000));

    assert.equal(flows.count, 1);
  });

  it("of a link that is gone are forgotten", () => {
    const [first, second] = [upLink({ ordinal: 0 }), upLink({ ordinal: 1 })];
    const flows = new FollowedFlows();
    flows.note(1, first, NOW);
    flows.note(2, second, NOW);

    flows.forget(first);

    assert.deepEqual([flows.find(1, NOW), flows.find(2, NOW)], [undefined, second]);
  });
});
