import type { Milliseconds } from "../units.ts";

// Flows are told apart by this many buckets of their hashes.
const BUCKET_COUNT = 4096;

// A flow that has built up a queue stays bulk until it was quiet for longer than its packets may be under way.
const BULK_FOR = 600;

/** Remembers which flows are bulk: those that have lately built up a queue of their own. */
export class FlowKinds {
  readonly #bulkUntil = new Float64Array(BUCKET_COUNT);

  /** Whether the flow with this hash is bulk; a packet of it that comes keeps it so. */
  isBulk(hash: number, now: Milliseconds): boolean {
    const bucket = hash & (BUCKET_COUNT - 1);
    if ((this.#bulkUntil[bucket] ?? 0) <= now) return false;
    this.#bulkUntil[bucket] = now + BULK_FOR;
    return true;
  }

  /** Notes that the flow with this hash has built up a queue. */
  onQueued(hash: number, now: Milliseconds): void {
    this.#bulkUntil[hash & (BUCKET_COUNT - 1)] = now + BULK_FOR;
  }
}
