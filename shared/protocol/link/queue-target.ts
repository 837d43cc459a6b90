import { type BytesPerSecond, bytesPerSecond, type Milliseconds, milliseconds } from "../units.ts";
import type { QueueDelay } from "./queue-delay.ts";
import { QueueDeviation } from "./queue-deviation.ts";
import { UsualCapacity } from "./usual-capacity.ts";

// The queue to keep in the line: short enough to feel, long enough to prove that the line is full.
const TARGET = 4;
// A sender that fills the line ahead of the clock makes a queue by that alone.
const LEADS = 1.2;
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

// What a line carries that changes all the time shows by a queue that is now long, now empty. A longer one is kept then,
// so that it is rarely empty: by so many times its usual deviation, as far as that is more than a steady line's. The first
// limit is above what finding a steady line's rate or another route brings, the second below what a longer queue leaves.
const PER_UNREST = 2;
const STEADY_DEVIATION = 7;
const SETTLED_DEVIATION = 4;
const LONGEST_UNREST = 50;
// There, what looks like jitter is none for the most part.
const RESTLESS_JITTER = 4;

/** The bytes of which a measurement consists at least. */
export const MEASURED_BYTES = MEASURED_PACKETS * PACKET_SIZE;

/** How long a queue is wanted in a line, and what counts as a change of it, by the line's rate and jitter. */
export class QueueTarget {
  /** How far ahead of the clock the line is filled. */
  lead = milliseconds(0);
  readonly #deviation = new QueueDeviation();
  readonly #usual = new UsualCapacity();
  #jitter = 0;
  #packetTime = 0;
  #unrest = 0;

  /** Takes the line's rate and its queue after a report. */
  update(rate: BytesPerSecond, queue: QueueDelay, now: Milliseconds): void {
    const { variation, latest } = queue;
    this.#deviation.sample(latest, now);
    this.#usual.update(rate, now);
    // Jitter is part of the deviation.
    const deviation = Math.sqrt(Math.max(0, this.#deviation.value ** 2 - variation ** 2));
    const usual = this.isRestless ? SETTLED_DEVIATION : STEADY_DEVIATION;
    this.#unrest = Math.min(LONGEST_UNREST, PER_UNREST * Math.max(0, deviation - usual));
    this.#jitter = this.isRestless ? Math.min(variation, RESTLESS_JITTER) : variation;
    this.#packetTime = (PACKET_SIZE * 1000) / rate;
    queue.isRestless = this.isRestless;
  }

  /** Forgets the line. */
  restart(): void {
    this.#deviation.restart();
    this.#usual.restart();
    this.#unrest = 0;
  }

  /** How much longer the wanted queue is than on a steady line. */
  get unrest(): Milliseconds {
    return milliseconds(this.#unrest);
  }

  /** Whether what the line carries changes all the time. */
  get isRestless(): boolean {
    return this.#unrest >= TARGET;
  }

  /** What the line carried at its best lately where that changes all the time, else 0. */
  get bestRate(): BytesPerSecond {
    return this.isRestless ? this.#usual.best : bytesPerSecond(0);
  }

  /** The line's jitter: how far single delays are from the trend, but for what a changing rate brings. */
  get jitter(): Milliseconds {
    return milliseconds(this.#jitter);
  }

  /** The wanted queueing delay, in milliseconds like all below. */
  get wanted(): number {
    return Math.max(TARGET, LEADS * this.lead, TARGET_PACKETS * this.#packetTime) + this.#jitter + this.#unrest;
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

  /** Whether more was sent than arrived, and waits, when the queue has grown by more than `telling` meanwhile. */
  isFilling(measured: { readonly queueBefore: number; readonly queueAfter: number }, telling: number): boolean {
    const { queueBefore, queueAfter } = measured;
    return queueAfter > this.wanted + this.noise && queueAfter - queueBefore > telling;
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
