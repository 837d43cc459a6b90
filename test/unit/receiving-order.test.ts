import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { milliseconds, NEVER } from "../../shared/protocol/units.ts";
import { ReceivingEnd } from "../support/receiving-end.ts";
import { delivered, newEnd, nullFragment, receive, wholePacket, withoutCopies } from "../support/receiving-steps.ts";

const LIMIT = 100;

describe("The receiving order of a bundle", () => {
  it("calls a fragment lost once every link has passed it, without a timer (RFC 1990 §4.1)", () => {
    const end = withoutCopies(newEnd());
    receive(end, 0, 0);
    receive(end, 1, 1);
    receive(end, 0, 3);
    const before = delivered(end);

    receive(end, 1, 4);

    assert.deepEqual(before, [0, 1]);
    assert.deepEqual(delivered(end), [0, 1, 3, 4]);
  });

  it("waits while a link may still bring it (RFC 1990 §4.1)", () => {
    const end = newEnd();
    receive(end, 0, 0);
    receive(end, 1, 1);

    for (const sequence of [3, 4, 5, 6]) receive(end, 0, sequence);

    assert.deepEqual(delivered(end), [0, 1]);
    receive(end, 1, 2);
    assert.deepEqual(delivered(end), [0, 1, 2, 3, 4, 5, 6]);
  });

  it("does not judge by M before every link that is up has carried something of the class", () => {
    const end = newEnd();

    for (const sequence of [1, 2, 3]) receive(end, 0, sequence);

    assert.deepEqual(delivered(end), []);
    assert.equal(end.order.nextTimeout(), LIMIT);
  });

  it("lets M advance by null fragments (RFC 1990 §4.1)", () => {
    const end = withoutCopies(newEnd());
    for (const sequence of [1, 2, 3]) receive(end, 0, sequence);

    end.receive(1, nullFragment(4));
    end.finish();

    assert.deepEqual(delivered(end), [1, 2, 3]);
  });

  it("does not let a link that went down hold the others up", () => {
    const end = withoutCopies(newEnd());
    receive(end, 0, 0);
    receive(end, 1, 1);
    for (const sequence of [3, 4]) receive(end, 0, sequence);

    const [, second] = end.links;
    if (second === undefined) assert.fail("no second link");
    second.handle({ kind: "silence", silentFor: milliseconds(500) }, end.now);
    end.order.onLinkDown(second);
    end.finish();

    assert.deepEqual(delivered(end), [0, 1, 3, 4]);
  });

  it("keeps every class in an order of its own (RFC 2686 §4)", () => {
    const end = newEnd();
    receive(end, 0, 5, 0);

    receive(end, 0, 0, 1);
    receive(end, 0, 1, 1);

    assert.deepEqual(delivered(end), [0, 1]);
  });

  it("gives a link that reorders a margin, once it has seen it", () => {
    const end = withoutCopies(newEnd(1));
    for (const sequence of [0, 2, 1, 3]) receive(end, 0, sequence);
    // 1 came too late the first time; from now on one packet may be overtaken.
    for (const sequence of [5, 4, 6]) receive(end, 0, sequence);

    assert.deepEqual(delivered(end), [0, 2, 3, 4, 5, 6]);
    assert.equal(end.links[0]?.reorderingMargin.packets, 1);
  });

  it("forgets everything on a reset, and starts at 0", () => {
    const end = newEnd();
    for (const sequence of [7, 8, 9]) receive(end, 0, sequence);

    end.order.reset();
    receive(end, 0, 0);

    assert.deepEqual(delivered(end), [0]);
    assert.equal(end.order.heldCount, 0);
    assert.equal(end.order.nextTimeout(), NEVER);
    assert.equal(end.cells.freeCount, end.cells.capacity);
  });
});

describe("A bundle that holds as much as it may", () => {
  it("gives up what was missing for longest, not what came last", () => {
    const end = newEnd();
    receive(end, 0, 1, 3);
    end.now = milliseconds(10);

    for (let sequence = 1; sequence <= 31; sequence++) receive(end, 0, sequence, 4);
    const before = delivered(end);
    receive(end, 0, 32, 4);

    assert.deepEqual([before, delivered(end)], [[], [1]]);
    assert.equal(end.order.heldCount, 32);
    assert.deepEqual([end.order.counters.overflows, end.order.counters.lost], [1, 1]);
  });

  it("takes what fills the gap that it would give up", () => {
    const end = newEnd();
    for (let sequence = 2; sequence < 34; sequence++) receive(end, 0, sequence);

    receive(end, 1, 1);
    receive(end, 1, 0);

    assert.deepEqual(
      delivered(end),
      [...Array(33).keys()].map((place) => 1 + place),
    );
    assert.deepEqual([end.order.counters.lost, end.order.counters.late], [1, 1]);
  });

  it("does not go on waiting for copies that never come in time", () => {
    const end = newEnd();

    for (let loss = 0; loss < 30; loss++) {
      for (let sequence = 1; sequence <= 34; sequence++) receive(end, 0, 35 * loss + sequence);
    }

    assert.equal(end.order.waits.repair, 0);
  });

  it("drops what comes when what waits cannot be delivered", () => {
    const end = new ReceivingEnd({ links: 1, cells: 8, room: 1 });
    for (let sequence = 0; sequence < 8; sequence++) {
      end.receive(0, wholePacket(sequence));
    }
    const { overflows } = end.order.counters;

    end.finish();

    assert.deepEqual(delivered(end), [0, 1, 2, 3, 4]);
    assert.equal(overflows, 3);
  });
});
