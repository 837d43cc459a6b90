import { type BytesPerSecond, type Milliseconds, milliseconds, NEVER, seconds, UNLIMITED } from "../units.ts";

// Crystals differ by up to 100 parts in a million: in ten seconds the delay drifts by a millisecond at most.
const SLOT = seconds(1);
const SLOT_COUNT = 10;

// The delay is the smallest of the latest samples: of one on a quiet line, of up to eight on a jittery one.
const REMEMBERED = 8;
const VARIATION_PER_SAMPLE = 1.5;
const SAMPLES_AT_UNREST = 2;
const FORGOTTEN_AFTER = milliseconds(300);

const NOTHING = new Float64Array(0);

const VARIATION_WEIGHT = 1 / 12;
const LARGEST_DEVIATION = 100;
// The second difference of independent values deviates about twice as far from zero as a value from its mean.
const SECOND_DIFFERENCE = 2;

// No clock and no queue changes a delay by so much at once: the peer has another clock.
const CLOCK_JUMP = seconds(10);

/**
 * How long packets wait in one direction of a line, from their arrival by one clock and their sending by another: the
 * difference above its minimum of ten seconds. The time that a packet's own bytes take on the line is no waiting.
 */
export class QueueDelay {
  /** Whether the queue itself changes so fast that what looks like jitter is none. */
  isRestless = false;
  #baseDelay = NOTHING;
  #baseSize = NOTHING;
  #delay = NOTHING;
  #size = NOTHING;
  #at = NOTHING;
  #slot = 0;
  #count = 0;
  #variation = 0;
  #millisecondsPerByte = 0;
  /** `current`, which is asked for with every packet; NaN when it has to be found anew. */
  #current = Number.NaN;

  /** Tells the line's rate, as far as it is known, by which packets of different sizes are compared. */
  setRate(rate: BytesPerSecond): void {
    this.#millisecondsPerByte = rate === UNLIMITED ? 0 : 1000 / rate;
    this.#current = Number.NaN;
  }

  /** Takes the difference between arrival and sending of a packet of `size` bytes; any constant may be in it. */
  sample(delay: Milliseconds, size: number, now: Milliseconds): void {
    if (this.#at === NOTHING) this.#allocate();
    if (this.#count > 0 && Math.abs(delay - this.#delayOf(1)) > CLOCK_JUMP) this.restart();
    this.#followVariation(delay, size, now);
    const place = this.#count % REMEMBERED;
    this.#delay[place] = delay;
    this.#size[place] = size;
    this.#at[place] = now;
    this.#count++;
    this.#advance(now);
    this.#offerBase(delay, size);
    this.#current = Number.NaN;
  }

  /** The queueing delay at the latest sample, 0 before the first. */
  get current(): Milliseconds {
    if (this.#count === 0) return milliseconds(0);
    if (Number.isNaN(this.#current)) {
      this.#current = Math.max(0, this.#netOf(this.#smallestRecent()) - this.#base());
    }
    return milliseconds(this.#current);
  }

  /** The queueing delay now: after so long without a packet that tells of it, 0. What waited has left meanwhile. */
  currentAt(now: Milliseconds): Milliseconds {
    const latest = this.#at[(this.#count + REMEMBERED - 1) % REMEMBERED] ?? 0;
    return now - latest > FORGOTTEN_AFTER ? milliseconds(0) : this.current;
  }

  /** The queueing delay of the latest sample alone, jitter and all; 0 before the first. */
  get latest(): Milliseconds {
    return milliseconds(this.#count === 0 ? 0 : Math.max(0, this.#netOf(1) - this.#base()));
  }

  /** How far single delays are from the trend, on average: the line's jitter, in milliseconds. */
  get variation(): Milliseconds {
    return milliseconds(this.#variation);
  }

  /** Takes the present delay for that of an empty queue, as when less than the line's rate was sent for a while. */
  rebase(): void {
    if (this.#count === 0) return;
    const steps = this.#smallestRecent();
    this.#baseDelay.fill(NEVER);
    this.#offerBase(this.#delayOf(steps), this.#sizeOf(steps));
    this.#current = Number.NaN;
  }

  /** Forgets everything, as for another path or peer. */
  restart(): void {
    this.#baseDelay.fill(NEVER);
    this.#at.fill(Number.NEGATIVE_INFINITY);
    this.#count = 0;
    this.#variation = 0;
  }

  /** A link that has carried nothing needs no memory for this. */
  #allocate(): void {
    this.#baseDelay = new Float64Array(SLOT_COUNT).fill(NEVER);
    this.#baseSize = new Float64Array(SLOT_COUNT);
    this.#delay = new Float64Array(REMEMBERED);
    this.#size = new Float64Array(REMEMBERED);
    this.#at = new Float64Array(REMEMBERED).fill(Number.NEGATIVE_INFINITY);
  }

  #followVariation(delay: number, size: number, now: Milliseconds): void {
    if (this.#count < 2 || now - (this.#at[(this.#count - 2) % REMEMBERED] ?? 0) > FORGOTTEN_AFTER) return;
    const net = delay - size * this.#millisecondsPerByte;
    const bend = Math.abs(net - 2 * this.#netOf(1) + this.#netOf(2)) / SECOND_DIFFERENCE;
    this.#variation += (Math.min(LARGEST_DEVIATION, bend) - this.#variation) * VARIATION_WEIGHT;
  }

  /** How many steps back the sample is that waited least, of those that count. */
  #smallestRecent(): number {
    const wanted = 1 + Math.round(this.#variation / VARIATION_PER_SAMPLE);
    const count = Math.min(wanted, this.isRestless ? SAMPLES_AT_UNREST : REMEMBERED, this.#count);
    const latest = this.#at[(this.#count - 1) % REMEMBERED] ?? 0;
    let smallest = 1;
    for (let steps = 2; steps <= count; steps++) {
      if (latest - (this.#at[(this.#count - steps) % REMEMBERED] ?? 0) > FORGOTTEN_AFTER) break;
      if (this.#netOf(steps) < this.#netOf(smallest)) smallest = steps;
    }
    return smallest;
  }

  #advance(now: Milliseconds): void {
    const slot = Math.floor(now / SLOT);
    const oldest = Math.max(this.#slot + 1, slot - SLOT_COUNT + 1);
    for (let stale = oldest; stale <= slot; stale++) this.#baseDelay[stale % SLOT_COUNT] = NEVER;
    this.#slot = slot;
  }

  #offerBase(delay: number, size: number): void {
    const place = this.#slot % SLOT_COUNT;
    if (this.#net(delay, size) >= this.#net(this.#baseDelay[place] ?? NEVER, this.#baseSize[place] ?? 0)) return;
    this.#baseDelay[place] = delay;
    this.#baseSize[place] = size;
  }

  #base(): number {
    let base: number = NEVER;
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      base = Math.min(base, this.#net(this.#baseDelay[slot] ?? NEVER, this.#baseSize[slot] ?? 0));
    }
    return base;
  }

  #delayOf(stepsBack: number): number {
    return this.#delay[(this.#count - stepsBack) % REMEMBERED] ?? 0;
  }

  #sizeOf(stepsBack: number): number {
    return this.#size[(this.#count - stepsBack) % REMEMBERED] ?? 0;
  }

  #netOf(stepsBack: number): number {
    return this.#net(this.#delayOf(stepsBack), this.#sizeOf(stepsBack));
  }

  #net(delay: number, size: number): number {
    return delay - size * this.#millisecondsPerByte;
  }
}
