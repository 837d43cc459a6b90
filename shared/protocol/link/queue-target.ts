import type { BytesPerSecond, Milliseconds } from "../units.ts";

// The queue to keep in the line: short enough to feel, long enough to prove that the line is full.
const TARGET = 4;
// On a slow line less than a packet's time is no queue.
const TARGET_PACKETS = 0.8;
const PACKET_SIZE = 1428;

// A change of the delay by less than this, or twice the jitter, means nothing.
const LEAST_NOISE = 3;
// A jittery line in order delays nearly all packets by its longest jitter, which is no queue: it is to be told apart.
const JITTERY = 0.5;

// What is measured, at least: so long, longer with jitter, and so many packets.
const SPAN = 100;
const SPAN_PER_JITTER = 10;
const LONGEST_SPAN = 300;
const MEASURED_PACKETS = 8;

/** The bytes of which a measurement consists at least. */
export const MEASURED_BYTES = MEASURED_PACKETS * PACKET_SIZE;

/** How long a queue is wanted in a line, and what counts as a change of it, by the line's rate and jitter. */
export class QueueTarget {
  #jitter = 0;
  #packetTime = 0;

  /** Takes the line's rate and the variation of its delay. */
  update(rate: BytesPerSecond, jitter: Milliseconds): void {
    this.#jitter = jitter;
    this.#packetTime = (PACKET_SIZE * 1000) / rate;
  }

  /** The wanted queueing delay, in milliseconds like all below. */
  get wanted(): number {
    return Math.max(TARGET, TARGET_PACKETS * this.#packetTime) + this.#jitter;
  }

  /** Up to this the line may not be full. */
  get small(): number {
    return Math.min(0.9 * this.wanted, this.wanted / 2 + this.#jitter);
  }

  /** Up to this more may be sent, perhaps again: what jitter hides shows only after some rises. */
  mostToRise(isRising: boolean): number {
    return this.isJittery && isRising ? this.wanted + 2 * this.noise : this.small;
  }

  /** Up to this the queue is empty. */
  get empty(): number {
    return 1.5 + this.#jitter / 2;
  }

  /** A change of the delay up to this means nothing. */
  get noise(): number {
    return Math.max(LEAST_NOISE, 2 * this.#jitter);
  }

  /** Over how long a time to measure. */
  get span(): number {
    return Math.min(LONGEST_SPAN, SPAN + SPAN_PER_JITTER * this.#jitter);
  }

  /** Whether the jitter may look like a queue. */
  get isJittery(): boolean {
    return this.#jitter >= JITTERY;
  }
}
