import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CHECKSUM_PARTIAL } from "../../shared/protocol/bundle/fragment.ts";
import { HeldCells } from "../../shared/protocol/bundle/held-cells.ts";
import { LARGEST_WINDOW } from "../../shared/protocol/bundle/held-fragments.ts";
import { INSERTION, type Insertion, Reassembler } from "../../shared/protocol/bundle/reassembler.ts";
import { ReorderingCounters } from "../../shared/protocol/bundle/reordering-counters.ts";
import { sequenceNumber } from "../../shared/protocol/bundle/sequence-number.ts";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { AssemblyBuffer } from "../../shared/protocol/packet/assembly-buffer.ts";
import { CellPool } from "../../shared/protocol/packet/cell-pool.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { BEGIN, END } from "../../shared/protocol/wire/frame-header.ts";
import { packetSink } from "../support/packet-sinks.ts";

const WHOLE = BEGIN | END;
const MRRU = 1000;

describe("A reassembler", () => {
  it("passes on what comes in its turn, from where it was received", () => {
    const { reassembler, sink } = setUp();

    for (const sequence of [0, 1, 2]) insert(reassembler, sequence, WHOLE, 100 + sequence);

    assert.deepEqual(sink.delivered, [100, 101, 102]);
    assert.equal(reassembler.waitingSince, undefined);
  });

  it("holds what comes early until its turn", () => {
    const { reassembler, sink, counters } = setUp();

    for (const sequence of [2, 1, 0, 3]) insert(reassembler, sequence, WHOLE, 100 + sequence);

    assert.deepEqual(sink.delivered, [100, 101, 102, 103]);
    assert.equal(counters.reordered, 2);
  });

  it("puts the fragments of a packet together, from B to E (RFC 1990 §3)", () => {
    const { reassembler, sink } = setUp();

    insert(reassembler, 2, END, 30);
    insert(reassembler, 0, BEGIN, 10);
    insert(reassembler, 1, 0, 20);

    assert.deepEqual(sink.delivered, [60]);
    assert.equal(reassembler.heldCount, 0);
  });

  it("delivers a packet as soon as its last missing fragment comes", () => {
    const { reassembler, sink } = setUp();
    insert(reassembler, 0, BEGIN, 10);
    insert(reassembler, 2, END, 10);
    insert(reassembler, 3, WHOLE, 99);

    insert(reassembler, 1, 0, 10);

    assert.deepEqual(sink.delivered, [30, 99]);
  });

  it("takes a null fragment and delivers nothing (RFC 1990 §4.1)", () => {
    const { reassembler, sink } = setUp();

    insert(reassembler, 0, WHOLE, 0);
    insert(reassembler, 1, WHOLE, 50);

    assert.deepEqual(sink.delivered, [50]);
  });

  it("calls what is missing before M lost, and discards the rest of its packet (RFC 1990 §4.1)", () => {
    const { reassembler, sink, counters } = setUp();
    insert(reassembler, 0, BEGIN, 10);
    insert(reassembler, 2, END, 10);
    insert(reassembler, 3, WHOLE, 99);

    reassembler.giveUpBefore(sequenceNumber(2));

    assert.deepEqual(sink.delivered, [99]);
    assert.deepEqual([counters.lost, counters.incomplete], [1, 2]);
  });

  it("waits for what is missing from M on (RFC 1990 §4.1)", () => {
    const { reassembler, sink } = setUp();
    insert(reassembler, 0, BEGIN, 10);
    insert(reassembler, 2, WHOLE, 99);

    reassembler.giveUpBefore(sequenceNumber(1));

    assert.deepEqual(sink.delivered, []);
    assert.equal(reassembler.heldCount, 2);
  });

  it("discards a packet whose next one begins before its end came", () => {
    const { reassembler, sink, counters } = setUp();

    for (const [sequence, flags] of [BEGIN, BEGIN, END].entries()) insert(reassembler, sequence, flags, 10);

    assert.deepEqual(sink.delivered, [20]);
    assert.equal(counters.incomplete, 1);
  });

  it("drops what comes after it was given up, and tells it from what came before", () => {
    const { reassembler, sink, counters } = setUp();
    insert(reassembler, 1, WHOLE, 50);
    reassembler.giveUpBefore(sequenceNumber(1));

    for (const sequence of [0, 0, 1]) insert(reassembler, sequence, WHOLE, 40);

    assert.deepEqual(sink.delivered, [50]);
    assert.deepEqual([counters.late, counters.duplicate], [1, 2]);
  });

  it("delivers a fragment once that comes twice", () => {
    const { reassembler, sink, counters } = setUp();

    for (const sequence of [1, 1, 0, 0, 1]) insert(reassembler, sequence, WHOLE, 50 + sequence);

    assert.deepEqual(sink.delivered, [50, 51]);
    assert.deepEqual([counters.duplicate, counters.late], [3, 0]);
  });

  it("delivers a fragment once that comes again while the first copy waits for room in the sink", () => {
    const { reassembler, sink } = setUp();
    sink.isFull = true;
    insert(reassembler, 0, WHOLE, 100);
    sink.isFull = false;

    insert(reassembler, 0, WHOLE, 100, 1);
    reassembler.release();

    assert.deepEqual(sink.delivered, [100]);
    assert.equal(reassembler.heldCount, 0);
  });

  it("says to the sink that a packet waits when the memory for putting it together is used up", () => {
    const { reassembler, sink, assembly } = setUp();
    assembly.take(64 * 1024 - 100);

    insert(reassembler, 0, BEGIN, 500);
    insert(reassembler, 1, END, 500);
    const waiting = sink.shortages;
    assembly.recycle();
    reassembler.release();

    assert.equal(waiting, 1);
    assert.deepEqual(sink.delivered, [1000]);
  });

  it("discards what is above the MRRU, whole or in fragments (RFC 1990 §5.1.1)", () => {
    const { reassembler, sink, counters } = setUp();
    // The protocol field in front of the packet does not count.
    insert(reassembler, 0, WHOLE, MRRU + 1);
    insert(reassembler, 1, WHOLE, MRRU + 2);
    insert(reassembler, 2, BEGIN, MRRU);
    insert(reassembler, 3, END, 2);

    assert.deepEqual(sink.delivered, [MRRU + 1]);
    assert.equal(counters.oversized, 2);
  });

  it("hands on whether the packet's checksum is partial, as its first fragment says", () => {
    const { reassembler, sink } = setUp();

    insert(reassembler, 0, BEGIN | CHECKSUM_PARTIAL, 10);
    insert(reassembler, 1, END, 10);
    insert(reassembler, 2, WHOLE, 10);

    assert.deepEqual(sink.partial, [true, false]);
  });

  it("goes on after the last sequence number with the first (RFC 1990 §3)", () => {
    const { reassembler, sink } = setUp();
    for (const start of [2 ** 23 - 1, 2 ** 24 - 2]) reassembler.giveUpBefore(sequenceNumber(start));

    for (const sequence of [2 ** 24 - 1, 0, 2 ** 24 - 2, 1])
      insert(reassembler, sequence, WHOLE, 10 + (sequence & 3));

    assert.deepEqual(sink.delivered, [12, 13, 10, 11]);
  });

  it("gives up the oldest when more is ahead than the window holds", () => {
    const { reassembler, sink, counters } = setUp();
    insert(reassembler, 1, WHOLE, 50);

    insert(reassembler, LARGEST_WINDOW + 1, WHOLE, 60);

    assert.deepEqual(sink.delivered, [50]);
    assert.equal(counters.lost, 1);
    assert.equal(reassembler.heldCount, 1);
  });

  it("does not slide its window over packets that wait for room in the sink", () => {
    const { reassembler, sink } = setUp();
    sink.isFull = true;
    insert(reassembler, 0, WHOLE, 50);

    const outcome = insert(reassembler, LARGEST_WINDOW, WHOLE, 60);

    assert.equal(outcome, INSERTION.noRoom);
    assert.equal(reassembler.heldCount, 1);
  });

  it("says when there is no cell for a fragment", () => {
    const { reassembler } = setUp();

    const outcomes = Array.from({ length: 64 }, (_, place) => insert(reassembler, 1 + place, WHOLE, 10));

    assert.equal(reassembler.heldCount, 32);
    assert.equal(outcomes.filter((outcome) => outcome === INSERTION.noRoom).length, 32);
  });

  it("gives all cells back on a reset, and starts at 0", () => {
    const { reassembler, sink, cells } = setUp();
    for (const sequence of [3, 1, 2]) insert(reassembler, sequence, WHOLE, 10);

    reassembler.reset();
    cells.recycle();
    insert(reassembler, 0, WHOLE, 77);

    assert.deepEqual(sink.delivered, [77]);
    assert.equal(cells.freeCount, cells.capacity);
    assert.equal(reassembler.waitingSince, undefined);
  });
});

type Sink = { isFull: boolean; shortages: number; readonly delivered: number[]; readonly partial: boolean[] };

function setUp() {
  const arena = new Arena(1024 * 1024);
  const cells = new CellPool(arena, 64);
  const assembly = new AssemblyBuffer(arena, 64 * 1024);
  const sink: Sink = { isFull: false, shortages: 0, delivered: [], partial: [] };
  const counters = new ReorderingCounters();
  const deliver = (_offset: number, length: number, isChecksumPartial: boolean): boolean => {
    if (sink.isFull) return false;
    sink.delivered.push(length);
    sink.partial.push(isChecksumPartial);
    return true;
  };
  const onMemoryShort = (): void => {
    sink.shortages++;
  };
  const memory = { arena, cells: new HeldCells(cells), assembly };
  const reassembler = new Reassembler(memory, packetSink(deliver, onMemoryShort), counters, MRRU);
  return { reassembler, sink, counters, cells, assembly };
}

/** Inserts a fragment of some bytes that do not matter. */
function insert(reassembler: Reassembler, sequence: number, flags: number, length: number, now = 0): Insertion {
  return reassembler.insert(sequenceNumber(sequence), flags, 512 * 1024, length, milliseconds(now));
}
