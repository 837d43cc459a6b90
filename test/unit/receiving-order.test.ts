import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sequenceNumber } from "../../shared/protocol/bundle/sequence-number.ts";
import { milliseconds, NEVER } from "../../shared/protocol/units.ts";
import { BEGIN, END } from "../../shared/protocol/wire/frame-header.ts";
import { streamPacket } from "../support/fragment-stream.ts";
import { ReceivingEnd } from "../support/receiving-end.ts";

const LIMIT = milliseconds(100);

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

  it("keeps every class in an order of its own (RFC 2686 §3)", () => {
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

function newEnd(links = 2): ReceivingEnd {
  return new ReceivingEnd({ links, cells: 64, room: 64 });
}

/** Receives a whole packet that has its sequence number as its number, and writes what comes out. */
function receive(end: ReceivingEnd, ordinal: number, sequence: number, trafficClass = 0): void {
  const bytes = streamPacket(sequence, 40);
  const flags = BEGIN | END;
  end.receive(ordinal, { packet: sequence, trafficClass, sequence: sequenceNumber(sequence), flags, bytes });
  end.finish();
}

/** Lets so much be lost for good, in a class of its own, that no copies are waited for. */
function withoutCopies(end: ReceivingEnd): ReceivingEnd {
  for (let lost = 0; lost < 40; lost++) {
    for (const ordinal of end.links.keys()) receive(end, ordinal, 4 * lost + 1 + ordinal, 9);
    end.now = milliseconds(end.now + 1000);
    end.finish();
  }
  end.delivered.length = 0;
  return end;
}

function nullFragment(sequence: number) {
  const flags = BEGIN | END;
  return { packet: -1, trafficClass: 0, sequence: sequenceNumber(sequence), flags, bytes: new Uint8Array(0) };
}

function delivered(end: ReceivingEnd): number[] {
  return end.delivered.map(({ packet }) => packet);
}
