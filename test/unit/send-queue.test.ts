import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CHECKSUM_PARTIAL, Fragment } from "../../shared/protocol/bundle/fragment.ts";
import { SendQueue } from "../../shared/protocol/bundle/send-queue.ts";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { CellPool } from "../../shared/protocol/packet/cell-pool.ts";
import { BEGIN, END } from "../../shared/protocol/wire/frame-header.ts";

const HEAD = 500_000;
const BODY = 600_000;
const PIECE = 2048 - 32;

describe("What is left of a packet to send", () => {
  it("takes as much as there is room for", () => {
    const fragment = packet(100, 200);

    assert.equal(fragment.takeable(250), 250);
    assert.equal(fragment.takeable(1000), 300);
  });

  it("does not take of both pieces once it has no headroom", () => {
    const fragment = packet(100, 200);

    fragment.advance(60, BEGIN);

    assert.equal(fragment.takeable(1000), 40);
  });

  it("moves on over both pieces, and is no longer the beginning", () => {
    const fragment = packet(100, 200);

    fragment.advance(150, BEGIN);

    assert.deepEqual([fragment.headLength, fragment.bodyOffset, fragment.bodyLength], [0, BODY + 50, 150]);
    assert.equal(fragment.flags & (BEGIN | END), END);
    assert.equal(fragment.hasHeadroom, false);
  });

  it("is copied from any place on", () => {
    const arena = new Arena(1024 * 1024);
    arena.bytes.set([1, 2, 3], HEAD);
    arena.bytes.set([4, 5, 6], BODY);
    const fragment = packet(3, 3);

    const copies = [
      [0, 6],
      [1, 3],
      [4, 2],
    ].map(([from = 0, length = 0]) => {
      fragment.copyTo(arena.bytes, 0, from, length);
      return [...arena.bytes.subarray(0, length)];
    });

    assert.deepEqual(copies, [
      [1, 2, 3, 4, 5, 6],
      [2, 3, 4],
      [5, 6],
    ]);
  });
});

describe("A send queue", () => {
  it("gives packets back in order, with their bytes, flags and class", () => {
    const { queue, arena } = setUp();
    for (let number = 1; number <= 3; number++) {
      arena.bytes.fill(number, HEAD, HEAD + 10);
      assert.equal(queue.push(packet(10, 0, number)), true);
    }

    const taken = [1, 2, 3].map(() => take(queue, arena));

    assert.deepEqual(
      taken.map(({ first, trafficClass }) => [first, trafficClass]),
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
    );
    assert.ok(taken.every(({ flags }) => flags === (BEGIN | END | CHECKSUM_PARTIAL)));
    assert.equal(queue.isEmpty, true);
    assert.equal(queue.bytes, 0);
  });

  it("cuts a packet that is larger than a cell", () => {
    const { queue, arena } = setUp();

    queue.push(packet(100, PIECE * 2));

    assert.equal(queue.count, 3);
    const taken = [1, 2, 3].map(() => take(queue, arena));
    assert.deepEqual(
      taken.map(({ flags }) => flags & (BEGIN | END)),
      [BEGIN, 0, END],
    );
    assert.deepEqual(
      taken.map(({ length }) => length),
      [PIECE, PIECE, 100],
    );
  });

  it("keeps what of its first was not sent", () => {
    const { queue } = setUp();
    const fragment = new Fragment();
    queue.push(packet(100, 0));
    queue.peek(fragment);
    fragment.advance(60, BEGIN);
    queue.consume(fragment);

    queue.peek(fragment);

    assert.deepEqual([fragment.length, fragment.flags & BEGIN, fragment.hasHeadroom], [40, 0, false]);
    assert.equal(queue.bytes, 40);
  });

  it("takes a packet as a whole or not at all", () => {
    const { queue, cells } = setUp();
    queue.limit = 5000;

    assert.equal(queue.push(packet(100, 5000)), false);
    assert.equal(queue.push(packet(100, 4000)), true);
    assert.equal(queue.push(packet(100, 1000)), false);
    queue.limit = 1_000_000;
    assert.equal(queue.push(packet(100, PIECE * 14)), false);

    assert.equal(cells.freeCount, 13);
  });

  it("takes no more than 4096 packets, and comes around", () => {
    const { queue, arena, cells } = setUp(5000);
    let pushed = 0;

    while (queue.push(packet(1, 0))) pushed++;
    for (let taken = 0; taken < 1000; taken++) take(queue, arena);
    cells.recycle();
    for (let again = 0; again < 1000; again++) queue.push(packet(1, 0));

    assert.equal(pushed, 4096);
    assert.equal(queue.count, 4096);
  });

  it("gives all cells back when it is cleared", () => {
    const { queue, cells } = setUp();
    for (let number = 0; number < 5; number++) queue.push(packet(100, 0));

    queue.clear();
    cells.recycle();

    assert.equal(cells.freeCount, 16);
    assert.deepEqual([queue.isEmpty, queue.bytes], [true, 0]);
  });
});

function setUp(capacity = 16) {
  const arena = new Arena(16 * 1024 * 1024);
  const cells = new CellPool(arena, capacity);
  return { arena, cells, queue: new SendQueue(arena, cells, 1_000_000) };
}

function packet(headLength: number, bodyLength: number, trafficClass = 0): Fragment {
  const fragment = new Fragment();
  const pieces = { headOffset: HEAD, headLength, bodyOffset: BODY, bodyLength };
  return Object.assign(fragment, pieces, { flags: BEGIN | END | CHECKSUM_PARTIAL, trafficClass });
}

function take(queue: SendQueue, arena: Arena) {
  const fragment = new Fragment();
  queue.peek(fragment);
  const { length, flags, trafficClass, headOffset } = fragment;
  fragment.advance(length, BEGIN);
  queue.consume(fragment);
  return { length, flags, trafficClass, first: arena.bytes[headOffset] };
}
