import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CHECKSUM_PARTIAL } from "../../shared/protocol/bundle/fragment.ts";
import { FragmentRun } from "../../shared/protocol/bundle/fragment-run.ts";
import { HeldCells } from "../../shared/protocol/bundle/held-cells.ts";
import { HeldFragments, LARGEST_WINDOW, PRESENT } from "../../shared/protocol/bundle/held-fragments.ts";
import { sequenceNumber } from "../../shared/protocol/bundle/sequence-number.ts";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { CellPool } from "../../shared/protocol/packet/cell-pool.ts";
import { BEGIN, END } from "../../shared/protocol/wire/frame-header.ts";

const SOURCE = 600_000;

describe("Held fragments", () => {
  it("keep bytes, length and flags in a cell", () => {
    const { held, arena } = setUp();
    arena.bytes.set([1, 2, 3], SOURCE);
    held.reserve(8);

    held.hold(sequenceNumber(7), BEGIN, SOURCE, 3, 100);
    arena.bytes.fill(0, SOURCE, SOURCE + 3);

    const offset = held.offset(sequenceNumber(7));
    assert.deepEqual([...arena.bytes.subarray(offset, offset + 3)], [1, 2, 3]);
    assert.equal(held.length(sequenceNumber(7)), 3);
    assert.equal(held.flags(sequenceNumber(7)), BEGIN | PRESENT);
    assert.equal(held.flags(sequenceNumber(6)), 0);
  });

  it("grow with what is ahead, and keep what they hold, across the wrap", () => {
    const { held } = setUp();
    held.reserve(8);
    const first = 2 ** 24 - 5;
    for (let place = 0; place < 8; place++) held.hold(sequenceNumber(first + place), BEGIN, SOURCE, place, place);

    held.reserve(LARGEST_WINDOW);

    assert.equal(held.window, LARGEST_WINDOW);
    assert.equal(held.count, 8);
    for (let place = 0; place < 8; place++) assert.equal(held.length(sequenceNumber(first + place)), place);
    assert.equal(held.oldestBehind(sequenceNumber(first + 2)), 3);
  });

  it("read whole packets from the head on, as long as they are alike and of a size that is allowed", () => {
    const { held } = setUp();
    held.reserve(16);
    const whole = BEGIN | END;
    const partial = whole | CHECKSUM_PARTIAL;
    const flags = [whole, whole, partial, partial, whole, BEGIN, END];
    for (const [sequence, flag] of flags.entries())
      held.hold(sequenceNumber(sequence), flag, SOURCE, sequence === 4 ? 99 : 10 + sequence, 0);
    const run = new FragmentRun();

    const counts = flags.map((_, head) => held.readWhole(sequenceNumber(head), 50, run));
    held.readWhole(sequenceNumber(2), 50, run);

    assert.deepEqual(counts, [2, 1, 2, 1, 0, 0, 0]);
    assert.deepEqual([run.count, run.flags, ...run.lengths.slice(0, 2)], [2, partial, 12, 13]);
    assert.equal(run.offsets[1], held.offset(sequenceNumber(3)));
  });

  it("know when the oldest behind a gap came, and the newest of all", () => {
    const { held } = setUp();
    held.reserve(64);
    for (const [sequence, time] of [
      [9, 1],
      [3, 2],
      [5, 3],
    ] as const) {
      held.hold(sequenceNumber(sequence), BEGIN, SOURCE, 1, time);
    }

    assert.equal(held.oldestBehind(sequenceNumber(4)), 1);
    held.remove(sequenceNumber(9));
    assert.equal(held.oldestBehind(sequenceNumber(4)), 3);
    assert.equal(held.oldestBehind(sequenceNumber(6)), undefined);
    assert.equal(held.newestAt, 3);
    held.remove(sequenceNumber(5));
    assert.equal(held.newestAt, 2);
  });

  it("give every cell back once, however they are removed", () => {
    const { held, cells } = setUp();
    held.reserve(64);
    for (const sequence of [1, 2, 3]) held.hold(sequenceNumber(sequence), BEGIN, SOURCE, 1, 0);

    held.remove(sequenceNumber(2));
    held.remove(sequenceNumber(2));
    held.remove(sequenceNumber(50));
    held.clear();
    cells.recycle();

    assert.equal(held.count, 0);
    assert.equal(cells.freeCount, 16);
  });
});

function setUp() {
  const arena = new Arena(1024 * 1024);
  const cells = new CellPool(arena, 16);
  return { arena, cells, held: new HeldFragments(arena, new HeldCells(cells)) };
}
