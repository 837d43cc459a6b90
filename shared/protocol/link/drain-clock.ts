import { type Milliseconds, milliseconds, NEVER, seconds } from "../units.ts";
import type { RoundTripTime } from "./round-trip-time.ts";

// The empty line's delay is remembered for ten seconds, so it is to be seen more often.
const INTERVAL = seconds(7);
// On a jittery line, where jitter may pass for a queue.
const JITTERY_INTERVAL = 1500;
const STUCK_AFTER = milliseconds(400);

/** Tells when a line's queue has to be drained for a moment, to see how long the empty line takes. */
export class DrainClock {
  readonly #roundTripTime: RoundTripTime;
  #emptyAt: Milliseconds;
  #drainedAt = milliseconds(Number.NEGATIVE_INFINITY);
  #stuckSince: Milliseconds = NEVER;

  constructor(roundTripTime: RoundTripTime, now: Milliseconds) {
    this.#roundTripTime = roundTripTime;
    this.#emptyAt = now;
  }

  /** Notes that nothing waits in the line. */
  onEmpty(now: Milliseconds): void {
    this.#emptyAt = now;
  }

  /** Notes that a drain has ended. */
  onDrained(now: Milliseconds): void {
    this.#emptyAt = now;
    this.#drainedAt = now;
  }

  /** Forgets how long a queue has been long. */
  onNoQueue(): void {
    this.#stuckSince = NEVER;
  }

  /** Whether a queue has been long for a while, although less is sent because of it. */
  isStuck(isLong: boolean, now: Milliseconds): boolean {
    if (!isLong) this.#stuckSince = NEVER;
    else if (this.#stuckSince === NEVER) this.#stuckSince = now;
    return now - this.#stuckSince > STUCK_AFTER + 2 * this.#roundTrip;
  }

  /** Whether the empty line was not seen for long, or, where jitter hides a queue, not made sure of. */
  isDue(hidesQueue: boolean, now: Milliseconds): boolean {
    if (now - this.#emptyAt > INTERVAL) return true;
    return hidesQueue && now - this.#drainedAt > JITTERY_INTERVAL + 4 * this.#roundTrip;
  }

  get #roundTrip(): number {
    return this.#roundTripTime.smoothed ?? 0;
  }
}
