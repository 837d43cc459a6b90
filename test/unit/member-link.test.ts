import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Outlet } from "../../shared/protocol/link/outlet.ts";
import { TransmitBatch } from "../../shared/protocol/packet/transmit-batch.ts";
import { megabitsPerSecond, seconds } from "../../shared/protocol/units.ts";
import { downLink, upLink } from "../support/member-links.ts";

const NOW = seconds(10);

describe("A member link", () => {
  it("has room for some data in every frame, whatever a peer says of its MTU", () => {
    for (const mtu of [1, 100, 576]) assert.equal(upLink({ mtu }).largestFrame, 576 - 28 - 24);
  });

  it("may carry only when it is up, has keys and room, and its line is free", () => {
    const busy = upLink({ sendRate: megabitsPerSecond(1) });
    busy.pacer.charge(1500, NOW);
    const [full, unkeyed] = [upLink({ outlet: new Outlet(new TransmitBatch(0)) }), upLink()];
    unkeyed.association = undefined;

    const mayCarry = [upLink(), downLink(), busy, full, unkeyed].map((link) => link.mayCarry(NOW));

    assert.deepEqual(mayCarry, [true, false, false, false, false]);
  });
});
