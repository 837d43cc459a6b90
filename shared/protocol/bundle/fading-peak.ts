import { type Milliseconds, milliseconds, seconds } from "../units.ts";

const STEP = seconds(1);

/**
 * The largest of the latest measured durations. It fades by a factor for every second in which something was measured;
 * a time in which nothing was does not count, as lines keep their delays over a pause.
 */
export class FadingPeak {
  readonly #kept: number;
  #value: Milliseconds | undefined;
  #fadedAt: Milliseconds = milliseconds(0);

  /** `kept` is what is left of the peak after a second. */
  constructor(kept: number) {
    this.#kept = kept;
  }

  /** Undefined before the first measurement. */
  get value(): Milliseconds | undefined {
    return this.#value;
  }

  /** Takes a measured duration. */
  sample(duration: Milliseconds, now: Milliseconds): void {
    if (this.#value === undefined) {
      this.#value = duration;
      this.#fadedAt = now;
      return;
    }
    if (now - this.#fadedAt >= STEP) {
      this.#value = milliseconds(this.#value * this.#kept);
      this.#fadedAt = now;
    }
    if (duration > this.#value) this.#value = duration;
  }

  /** Forgets what was measured. */
  restart(): void {
    this.#value = undefined;
  }
}
