import { type Milliseconds, milliseconds, NEVER, seconds } from "../units.ts";

// RFC 6298 §2.
const ALPHA = 1 / 8;
const BETA = 1 / 4;
const K = 4;
const INITIAL_TIMEOUT = seconds(1);

// The minimum forgets a route that is gone after ten seconds, as BBR does, one second at a time.
const SLOT = seconds(1);
const SLOT_COUNT = 10;

/** The round-trip time of a link, smoothed as RFC 6298 does for TCP, and its minimum over the last ten seconds. */
export class RoundTripTime {
  readonly #minimumOfSlot = new Float64Array(SLOT_COUNT).fill(NEVER);
  #slot = 0;
  #minimum: Milliseconds = NEVER;
  #smoothed: Milliseconds | undefined;
  #variation = milliseconds(0);

  /** Takes a measured round trip that ended now. */
  sample(rtt: Milliseconds, now: Milliseconds): void {
    this.#sampleMinimum(rtt, now);
    if (this.#smoothed === undefined) {
      this.#smoothed = rtt;
      this.#variation = milliseconds(rtt / 2);
      return;
    }
    // RFC 6298 §2.3: the variation first, by the old smoothed value.
    const deviation = Math.abs(this.#smoothed - rtt);
    this.#variation = milliseconds((1 - BETA) * this.#variation + BETA * deviation);
    this.#smoothed = milliseconds((1 - ALPHA) * this.#smoothed + ALPHA * rtt);
  }

  /** The smoothed round-trip time; undefined before the first sample. */
  get smoothed(): Milliseconds | undefined {
    return this.#smoothed;
  }

  /** How far samples are from the smoothed time on average; 0 before the first sample. */
  get variation(): Milliseconds {
    return this.#variation;
  }

  /** The smallest sample of the ten seconds before the latest one; undefined before the first sample. */
  get minimum(): Milliseconds | undefined {
    return this.#smoothed === undefined ? undefined : this.#minimum;
  }

  /** After how long without an answer to give up waiting, at least `floor`: one second before the first sample. */
  timeout(floor: Milliseconds): Milliseconds {
    const timeout = this.#smoothed === undefined ? INITIAL_TIMEOUT : this.#smoothed + K * this.#variation;
    return milliseconds(Math.max(floor, timeout));
  }

  #sampleMinimum(rtt: Milliseconds, now: Milliseconds): void {
    const slots = this.#minimumOfSlot;
    const slot = Math.floor(now / SLOT);
    const oldest = Math.max(this.#slot + 1, slot - SLOT_COUNT + 1);
    for (let stale = oldest; stale <= slot; stale++) slots[stale % SLOT_COUNT] = NEVER;
    this.#slot = slot;
    slots[slot % SLOT_COUNT] = Math.min(slots[slot % SLOT_COUNT] ?? NEVER, rtt);
    // It is asked for in every round, and samples are rare.
    this.#minimum = milliseconds(Math.min(...slots));
  }
}
