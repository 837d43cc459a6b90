import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SentRing } from "../../shared/protocol/link/sent-ring.ts";

const SMALLEST = new SentRing().sentAt.length;

describe("A ring of what was sent", () => {
  it("remembers as much as it holds, and more once more is to be kept", () => {
    const ring = filledRing(3 * SMALLEST, 2 * SMALLEST + 10);

    assert.equal(ring.sentAt.length, SMALLEST);
    assert.deepEqual([ring.oldest, ring.next], [2 * SMALLEST, 3 * SMALLEST]);
    push(ring, 2 * SMALLEST);

    assert.equal(ring.sentAt.length, 2 * SMALLEST);
    assert.deepEqual(timesFrom(ring, 2 * SMALLEST), positionsFrom(2 * SMALLEST, 3 * SMALLEST + 1));
  });

  it("does not remember, once it has grown, what it had written over before", () => {
    const ring = filledRing(3 * SMALLEST, 2 * SMALLEST + 10);

    push(ring, 2 * SMALLEST);

    assert.equal(ring.oldest, 2 * SMALLEST);
    assert.equal(ring.isRemembered(2 * SMALLEST - 1), false);
    for (let count = 0; count < 4 * SMALLEST; count++) push(ring, ring.next);
    assert.equal(ring.oldest, ring.next - 2 * SMALLEST);
  });

  it("gives the memory of a busy time back, and forgets what was sent then", () => {
    const ring = new SentRing();
    while (ring.next < 10 * SMALLEST) push(ring, 0);
    const before = ring.sentAt.length;

    ring.trim();
    push(ring, ring.next);

    assert.deepEqual([before, ring.sentAt.length], [16 * SMALLEST, SMALLEST]);
    assert.deepEqual([ring.oldest, ring.next], [10 * SMALLEST, 10 * SMALLEST + 1]);
    assert.deepEqual(timesFrom(ring, ring.oldest), [10 * SMALLEST]);
  });
});

/** A ring to which so many packets were added, each sent at the time that is its position, and none to be kept. */
function filledRing(count: number, keep: number): SentRing {
  const ring = new SentRing();
  for (let position = 0; position < count; position++) push(ring, Math.max(position, keep));
  return ring;
}

function push(ring: SentRing, keep: number): void {
  const position = ring.next;
  const index = ring.push(keep);
  ring.sentAt[index] = position;
}

function timesFrom(ring: SentRing, first: number): number[] {
  return positionsFrom(first, ring.next).map((position) => ring.sentAt[ring.index(position)] ?? Number.NaN);
}

function positionsFrom(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, place) => first + place);
}
