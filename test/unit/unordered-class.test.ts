import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { COPY } from "../../shared/protocol/bundle/fragment.ts";
import { sequenceNumber } from "../../shared/protocol/bundle/sequence-number.ts";
import { REAL_TIME_CLASS } from "../../shared/protocol/bundle/traffic-class.ts";
import { NEVER } from "../../shared/protocol/units.ts";
import { BEGIN, END } from "../../shared/protocol/wire/frame-header.ts";
import { streamPacket } from "../support/fragment-stream.ts";
import { ReceivingEnd } from "../support/receiving-end.ts";

const WHOLE = BEGIN | END;

describe("The class of real-time packets (RFC 2686)", () => {
  it("is delivered as it comes, whatever is missing", () => {
    const end = newEnd();

    for (const sequence of [5, 3, 9, 4]) receive(end, sequence);

    assert.deepEqual(delivered(end), [5, 3, 9, 4]);
    assert.equal(end.order.nextTimeout(), NEVER);
  });

  it("is delivered once, whichever copy is first", () => {
    const end = newEnd();

    receive(end, 1, WHOLE | COPY);
    receive(end, 1);
    receive(end, 0);
    receive(end, 0, WHOLE | COPY);

    assert.deepEqual(delivered(end), [1, 0]);
    assert.deepEqual([end.order.counters.duplicate, end.order.counters.repaired], [2, 1]);
  });

  it("drops and counts what is no whole packet", () => {
    const end = newEnd();

    for (const [sequence, flags] of [BEGIN, END].entries()) receive(end, sequence, flags);

    assert.deepEqual(delivered(end), []);
    assert.equal(end.order.counters.incomplete, 2);
    assert.equal(end.order.heldCount, 0);
  });

  it("passes over a null fragment, which has the number of the next packet (RFC 1990 §4.1)", () => {
    const end = newEnd();

    end.receive(0, { ...fragment(0, WHOLE), bytes: new Uint8Array(0) });
    end.finish();
    receive(end, 0);

    assert.deepEqual(delivered(end), [0]);
  });

  it("keeps for a round, in order, what the sink has no room for", () => {
    const end = newEnd({ room: 2 });
    for (let sequence = 0; sequence < 7; sequence++) end.receive(0, fragment(sequence, WHOLE));
    const waiting = end.order.heldCount;

    end.finish();

    assert.equal(waiting, 5);
    assert.deepEqual(delivered(end), [0, 1, 2, 3, 4, 5, 6]);
    assert.equal(end.order.heldCount, 0);
    assert.equal(end.cells.freeCount, end.cells.capacity);
  });

  it("counts what finds neither room nor a cell", () => {
    const end = newEnd({ room: 1, cells: 8 });

    for (let sequence = 0; sequence < 20; sequence++) end.receive(0, fragment(sequence, WHOLE));
    end.finish();

    const { overflows } = end.order.counters;
    assert.equal(delivered(end).length + overflows, 20);
    assert.ok(overflows >= 11, `${overflows}`);
  });

  it("gives its cells back on a reset, and takes the first number again", () => {
    const end = newEnd({ room: 1 });
    for (const sequence of [0, 1, 2]) end.receive(0, fragment(sequence, WHOLE));

    end.order.reset();
    end.finish();
    receive(end, 0);

    assert.deepEqual(delivered(end), [0, 0]);
    assert.equal(end.cells.freeCount, end.cells.capacity);
  });

  it("is put in order with a peer that sends in one class only", () => {
    const end = newEnd();
    end.order.setClasses(1);

    for (const sequence of [1, 0]) receive(end, sequence);

    assert.deepEqual(delivered(end), [0, 1]);
  });

  it("tells nothing of the order on its links", () => {
    const end = newEnd();

    for (const sequence of [5, 3, 1]) receive(end, sequence);

    assert.equal(end.links[0]?.reorderingMargin.packets, 0);
  });
});

function newEnd({ room = 64, cells = 64 } = {}): ReceivingEnd {
  const end = new ReceivingEnd({ links: 2, cells, room });
  end.order.setClasses(8);
  return end;
}

function receive(end: ReceivingEnd, sequence: number, flags = WHOLE): void {
  end.receive(0, fragment(sequence, flags));
  end.finish();
}

function fragment(sequence: number, flags: number) {
  const bytes = streamPacket(sequence, 40);
  return { packet: sequence, trafficClass: REAL_TIME_CLASS, sequence: sequenceNumber(sequence), flags, bytes };
}

function delivered(end: ReceivingEnd): number[] {
  return end.delivered.map(({ packet }) => packet);
}
