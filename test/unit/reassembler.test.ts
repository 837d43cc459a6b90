import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Reassembler, ReorderingCounters } from "../../shared/protocol/bundle/reassembler.ts";
import { sequenceNumber } from "../../shared/protocol/bundle/sequence-number.ts";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { AssemblyBuffer } from "../../shared/protocol/packet/assembly-buffer.ts";
import { CellPool } from "../../shared/protocol/packet/cell-pool.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { BEGIN, END } from "../../shared/protocol/wire/frame-header.ts";

const LIMIT = milliseconds(20);

describe("A reassembler", () => {
  it("delivers a fragment once that comes again while the first copy waits for room in the sink", () => {
    const { reassembler, sink } = setUp();
    sink.isFull = true;
    insertWhole(reassembler, 0, 0);
    sink.isFull = false;

    insertWhole(reassembler, 0, 1);
    reassembler.release();
    for (let time = 2; time < 200; time++) reassembler.handleTimeout(LIMIT, milliseconds(time));

    assert.deepEqual(sink.delivered, [0]);
    assert.equal(reassembler.heldCount, 0);
  });

  it("ends the wait for one missing fragment at the same time, whatever comes behind it", () => {
    const { reassembler, sink } = setUp();
    for (let step = 0; step < 10; step++) {
      insertWhole(reassembler, 20 - step, step * 15);
      reassembler.giveUpBefore(sequenceNumber(0));
      reassembler.handleTimeout(LIMIT, milliseconds(step * 15));
    }

    // 18 came in the same step, after the end of the wait.
    assert.deepEqual(sink.delivered.slice(0, 3), [18, 19, 20]);
  });
});

type Sink = { isFull: boolean; delivered: number[] };

function setUp(): { reassembler: Reassembler; sink: Sink } {
  const arena = new Arena(1024 * 1024);
  const memory = { arena, cells: new CellPool(arena, 64), assembly: new AssemblyBuffer(arena, 262_144) };
  const sink: Sink = { isFull: false, delivered: [] };
  const deliver = (_offset: number, length: number): boolean => {
    if (!sink.isFull) sink.delivered.push(length - 100);
    return !sink.isFull;
  };
  return { reassembler: new Reassembler(memory, { deliver, onMemoryShort: () => {} }, new ReorderingCounters(), 65_535), sink };
}

/** Inserts a whole packet whose length tells its sequence number. */
function insertWhole(reassembler: Reassembler, sequence: number, now: number): void {
  reassembler.insert(sequenceNumber(sequence), BEGIN | END, 0, 100 + sequence, milliseconds(now));
}
