import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HeldCells } from "../../shared/protocol/bundle/held-cells.ts";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { CellPool, NO_CELL } from "../../shared/protocol/packet/cell-pool.ts";

describe("The cells that a bundle holds", () => {
  it("are no more than it leaves free for others", () => {
    const pool = newPool(16);

    const taken = takeAll(new HeldCells(pool));

    assert.equal(taken.length, 8);
    assert.equal(pool.freeCount, 8);
  });

  it("are the same for every bundle that wants them, as far as they came in time", () => {
    const pool = newPool(120);
    const bundles = Array.from({ length: 5 }, () => new HeldCells(pool));

    for (let round = 0; round < 100; round++) for (const cells of bundles) cells.take();

    assert.deepEqual(
      bundles.map(({ count }) => count),
      Array(5).fill(20),
    );
    assert.equal(pool.freeCount, 20);
  });

  it("are no more than the limit", () => {
    assert.equal(takeAll(new HeldCells(newPool(16), 3)).length, 3);
  });

  it("can be taken again once some were given back", () => {
    const pool = newPool(16);
    const cells = new HeldCells(pool);
    const [first = NO_CELL] = takeAll(cells);

    cells.release(first);

    assert.equal(cells.count, 7);
    assert.notEqual(cells.take(), NO_CELL);
    assert.equal(cells.take(), NO_CELL);
  });
});

function newPool(capacity: number): CellPool {
  return new CellPool(new Arena(1024 * 1024), capacity);
}

function takeAll(cells: HeldCells): number[] {
  const taken: number[] = [];
  for (let cell = cells.take(); cell !== NO_CELL; cell = cells.take()) taken.push(cell);
  return taken;
}
