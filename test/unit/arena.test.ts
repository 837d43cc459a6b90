import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { AssemblyBuffer } from "../../shared/protocol/packet/assembly-buffer.ts";
import { CellPool, NO_CELL } from "../../shared/protocol/packet/cell-pool.ts";

describe("An arena", () => {
  it("gives out pieces that start on a cache line and do not overlap", () => {
    const arena = new Arena(1024);

    assert.deepEqual([arena.reserve(1), arena.reserve(64), arena.reserve(65), arena.reserve(10)], [0, 64, 128, 256]);
  });

  it("refuses more than it has, and stays as it was", () => {
    const arena = new Arena(256);
    arena.reserve(100);

    assert.throws(() => arena.reserve(200), RangeError);

    assert.equal(arena.reserve(128), 128);
    assert.throws(() => arena.reserve(1), RangeError);
  });

  it("shows the same memory as bytes and as words", () => {
    const arena = new Arena(64);

    arena.words[1] = -1;

    assert.deepEqual([...arena.bytes.subarray(3, 9)], [0, 255, 255, 255, 255, 0]);
  });
});

describe("A cell pool", () => {
  it("gives out every cell once", () => {
    const pool = new CellPool(new Arena(1024), 4, 128);

    const cells = Array.from({ length: 5 }, () => pool.take());

    assert.deepEqual(cells, [0, 128, 256, 384, NO_CELL]);
    assert.equal(pool.freeCount, 0);
  });

  it("gives a released cell out again only after recycling, as a batch may still name it", () => {
    const pool = new CellPool(new Arena(1024), 1, 128);
    const cell = pool.take();

    pool.release(cell);
    assert.equal(pool.take(), NO_CELL);
    pool.recycle();

    assert.equal(pool.take(), cell);
  });

  it("recycles each released cell once", () => {
    const pool = new CellPool(new Arena(1024), 2, 128);
    pool.release(pool.take());

    pool.recycle();
    pool.recycle();

    assert.equal(pool.freeCount, 2);
  });

  it("has its cells beside what else is in the arena", () => {
    const arena = new Arena(1024);
    arena.reserve(100);
    const pool = new CellPool(arena, 2, 128);

    assert.equal(pool.take(), 128);
    assert.equal(arena.reserve(1), 128 + 2 * 128);
  });
});

describe("An assembly buffer", () => {
  it("gives out what it has until it is recycled", () => {
    const arena = new Arena(1024);
    arena.reserve(64);
    const buffer = new AssemblyBuffer(arena, 256);

    assert.deepEqual([buffer.take(100), buffer.take(156), buffer.take(1)], [64, 164, -1]);
    buffer.recycle();

    assert.equal(buffer.take(256), 64);
  });

  it("has room left after something that did not fit", () => {
    const buffer = new AssemblyBuffer(new Arena(1024), 256);
    buffer.take(200);

    assert.equal(buffer.take(57), -1);
    assert.equal(buffer.take(56), 200);
  });
});
