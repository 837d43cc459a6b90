import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { COPY } from "../../shared/protocol/bundle/fragment.ts";
import { sequenceNumber } from "../../shared/protocol/bundle/sequence-number.ts";
import { milliseconds, NEVER } from "../../shared/protocol/units.ts";
import { BEGIN, END } from "../../shared/protocol/wire/frame-header.ts";
import { streamPacket } from "../support/fragment-stream.ts";
import { ReceivingEnd } from "../support/receiving-end.ts";

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

describe("A fragment that is lost on its link", () => {
  it("is waited for until its copy comes", () => {
    const end = newEnd();
    loseOne(end);

    end.now = milliseconds(30);
    receive(end, 0, 2, 0, COPY);

    assert.deepEqual(delivered(end), [0, 1, 2, 3, 4]);
    assert.deepEqual([end.order.counters.repaired, end.order.counters.lost], [1, 0]);
  });

  it("is given up after as long as copies take, from when M passed it (RFC 1990 §4.1)", () => {
    const end = newEnd(2, 400);
    receive(end, 0, 0);
    receive(end, 1, 1);
    receive(end, 0, 3);
    end.now = milliseconds(40);
    receive(end, 1, 4);

    const deadline = end.order.nextTimeout();
    end.now = deadline;
    end.finish();

    // 150 ms of a round trip that was not measured, and 50 ms for the report.
    assert.equal(deadline, 240);
    assert.deepEqual(delivered(end), [0, 1, 3, 4]);
  });

  it("keeps what follows on it waiting for no longer than the operator wants", () => {
    const end = newEnd(2, 400);
    receive(end, 0, 0);
    receive(end, 1, 1);
    receive(end, 0, 3);
    end.now = milliseconds(390);

    receive(end, 1, 4);

    assert.equal(end.order.nextTimeout(), 400);
  });

  it("is waited for after the skew when a silent link holds M", () => {
    const end = newEnd(2, 400);
    for (const sequence of [1, 2]) receive(end, 0, sequence);
    const skew = end.order.nextTimeout();

    end.now = skew;
    end.finish();
    const repair = end.order.nextTimeout();
    receive(end, 0, 0, 0, COPY);

    assert.deepEqual([skew, repair], [200, 400]);
    assert.deepEqual(delivered(end), [0, 1, 2]);
  });

  it("is not waited for when the peer sends nothing again", () => {
    const end = withoutCopies(newEnd());

    loseOne(end);

    assert.deepEqual(delivered(end), [0, 1, 3, 4]);
  });

  it("is waited for again once copies came, be it too late", () => {
    const end = withoutCopies(newEnd());
    for (const first of [0, 5, 10]) {
      loseOne(end, 8, first);
      receive(end, 0, first + 2, 8, COPY);
    }
    end.delivered.length = 0;

    loseOne(end);
    receive(end, 0, 2, 0, COPY);

    assert.deepEqual(delivered(end), [0, 1, 2, 3, 4]);
  });
});

describe("A copy of a fragment", () => {
  it("says nothing of the order on its link", () => {
    const end = newEnd(1);
    for (const sequence of [0, 2, 3]) receive(end, 0, sequence);

    receive(end, 0, 1, 0, COPY);

    assert.equal(end.links[0]?.reorderingMargin.packets, 0);
  });

  it("does not move M on (RFC 1990 §4.1)", () => {
    const end = withoutCopies(newEnd());
    receive(end, 0, 0);
    receive(end, 1, 1);
    receive(end, 0, 3);

    receive(end, 1, 4, 0, COPY);

    assert.deepEqual(delivered(end), [0, 1]);
    assert.ok(end.order.nextTimeout() > end.now);
  });

  it("is dropped as a duplicate when the fragment came after all, and the fragment when it came before", () => {
    const end = newEnd();
    for (const [sequence, flags] of [
      [0, 0],
      [0, COPY],
      [2, COPY],
      [2, 0],
      [1, COPY],
      [1, 0],
    ] as const) {
      receive(end, 0, sequence, 0, flags);
    }

    assert.deepEqual(delivered(end), [0, 1, 2]);
    assert.deepEqual([end.order.counters.duplicate, end.order.counters.late], [3, 0]);
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

describe("The wait for a silent link", () => {
  it("follows how long others had to wait until a fragment came", () => {
    const end = newEnd(2, 400);
    for (let packet = 0; packet < 60; packet++) {
      receive(end, 0, 2 * packet + 1);
      end.now = milliseconds(end.now + 60);
      receive(end, 1, 2 * packet);
      end.now = milliseconds(end.now + 940);
    }

    const before = end.now;
    receive(end, 0, 200);

    assert.equal(end.order.nextTimeout() - before, 1.25 * 60 + 15);
  });

  it("learns from a fragment that came just too late", () => {
    const end = newEnd(2, 400);
    withoutCopies(end);
    const start = end.now;
    receive(end, 0, 1);
    end.now = end.order.nextTimeout();
    end.finish();
    end.now = milliseconds(end.now + 50);

    receive(end, 1, 0);

    assert.equal(end.now - start, 250);
    assert.equal(end.order.waits.skew, 1.25 * 250 + 15);
    assert.equal(end.order.counters.late, 1);
  });
});

/** Loses the third of five fragments, and lets M pass it. */
function loseOne(end: ReceivingEnd, trafficClass = 0, first = 0): void {
  receive(end, 0, first, trafficClass);
  receive(end, 1, first + 1, trafficClass);
  receive(end, 0, first + 3, trafficClass);
  receive(end, 1, first + 4, trafficClass);
}

function newEnd(links = 2, longestWait = 100): ReceivingEnd {
  return new ReceivingEnd({ links, cells: 64, room: 64, longestWait: milliseconds(longestWait) });
}

/** Receives a whole packet that has its sequence number as its number, and writes what comes out. */
function receive(end: ReceivingEnd, ordinal: number, sequence: number, trafficClass = 0, copy = 0): void {
  end.receive(ordinal, wholePacket(sequence, trafficClass, copy));
  end.finish();
}

function wholePacket(sequence: number, trafficClass = 0, copy = 0) {
  const bytes = streamPacket(sequence, 40);
  return { packet: sequence, trafficClass, sequence: sequenceNumber(sequence), flags: BEGIN | END | copy, bytes };
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
