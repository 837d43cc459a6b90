import { type Milliseconds, milliseconds } from "../units.ts";
import { CLASS_LIMIT } from "../wire/frame-header.ts";

// Flows are told apart by this many buckets of their hashes.
const BUCKET_COUNT = 1024;
const BUCKET_MASK = BUCKET_COUNT - 1;

// A flow that has built up a queue stays bulk until it was quiet for longer than its packets may be under way.
const BULK_FOR = 600;

// After such a pause nothing of a sparse flow is under way: it may change its class.
const PAUSE = 100;

const NO_CLASS = 0;

// Shared, as a server has thousands of bundles that carry nothing.
const NO_TIMES = new Float64Array(0);
const NO_CLASSES = new Uint8Array(0);

/**
 * What is remembered of flows: whether they are bulk, as they have lately built up a queue of their own, and in which
 * class (RFC 2686 §4) they are. A flow stays in its class while it sends, so that its order holds. A new flow gets one
 * without bulk, as far as there are any, so that nothing sparse waits for a bulk transfer's missing packets, and bulk
 * flows do not wait for each other's. Class 0, that of real-time packets, is given to none.
 */
export class FlowTable {
  #seenAt = NO_TIMES;
  #bulkUntil = NO_TIMES;
  #classes = NO_CLASSES;
  readonly #classBulkUntil = new Float64Array(CLASS_LIMIT);

  /** Whether the flow with this hash is bulk; a packet of it that comes keeps it so. */
  isBulk(hash: number, now: Milliseconds): boolean {
    const bucket = hash & BUCKET_MASK;
    if ((this.#bulkUntil[bucket] ?? 0) <= now) return false;
    this.onQueued(hash, now);
    return true;
  }

  /** Notes that the flow with this hash has built up a queue. */
  onQueued(hash: number, now: Milliseconds): void {
    if (this.#classes.length === 0) this.#allocate();
    const bucket = hash & BUCKET_MASK;
    this.#bulkUntil[bucket] = now + BULK_FOR;
    this.#classBulkUntil[this.#classes[bucket] ?? NO_CLASS] = now + BULK_FOR;
  }

  /** The class for a packet of the flow that is to be kept in order, of `classes` that the peer takes. */
  classOf(hash: number, classes: number, now: Milliseconds): number {
    if (classes <= 1) return 0;
    if (this.#classes.length === 0) this.#allocate();
    const bucket = hash & BUCKET_MASK;
    const idle = now - (this.#seenAt[bucket] ?? Number.NEGATIVE_INFINITY);
    this.#seenAt[bucket] = now;
    const known = this.#classes[bucket] ?? NO_CLASS;
    const isKept = known !== NO_CLASS && known < classes && idle < this.#patience(bucket, known, now);
    if (!isKept) this.#classes[bucket] = this.#choose(hash, classes, now);
    return this.#classes[bucket] ?? NO_CLASS;
  }

  // A bundle that carries nothing needs no table.
  #allocate(): void {
    this.#seenAt = new Float64Array(BUCKET_COUNT).fill(Number.NEGATIVE_INFINITY);
    this.#bulkUntil = new Float64Array(BUCKET_COUNT);
    this.#classes = new Uint8Array(BUCKET_COUNT);
  }

  /** For how long a pause keeps a flow in its class. */
  #patience(bucket: number, known: number, now: Milliseconds): Milliseconds {
    const isSparse = (this.#bulkUntil[bucket] ?? 0) <= now;
    return milliseconds(isSparse && this.#hasBulk(known, now) ? PAUSE : BULK_FOR);
  }

  #choose(hash: number, classes: number, now: Milliseconds): number {
    const first = hash % (classes - 1);
    for (let step = 0; step < classes - 1; step++) {
      const candidate = 1 + ((first + step) % (classes - 1));
      if (!this.#hasBulk(candidate, now)) return candidate;
    }
    return 1 + first;
  }

  #hasBulk(trafficClass: number, now: Milliseconds): boolean {
    return (this.#classBulkUntil[trafficClass] ?? 0) > now;
  }
}
