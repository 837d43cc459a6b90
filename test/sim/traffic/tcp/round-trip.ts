// RFC 6298 §2, with Linux's least variation in place of the RFC's least timeout of a second.
const SMOOTHING = 1 / 8;
const VARIATION_SMOOTHING = 1 / 4;
const LEAST_VARIATION = 200;
const INITIAL_TIMEOUT = 1000;
const LARGEST_TIMEOUT = 120_000;

/** The round-trip time of a connection and what follows from it, in milliseconds. */
export class RoundTrip {
  #smoothed = 0;
  #variation = 0;
  #backoff = 1;
  /** Infinity before the first sample. */
  smallest = Number.POSITIVE_INFINITY;

  /** 0 before the first sample. */
  get smoothed(): number {
    return this.#smoothed;
  }

  /** The retransmission timeout. */
  get timeout(): number {
    const base =
      this.#smoothed === 0 ? INITIAL_TIMEOUT : this.#smoothed + Math.max(4 * this.#variation, LEAST_VARIATION);
    return Math.min(base * this.#backoff, LARGEST_TIMEOUT);
  }

  onSample(sample: number): void {
    this.smallest = Math.min(this.smallest, sample);
    this.#backoff = 1;
    if (this.#smoothed === 0) {
      this.#smoothed = sample;
      this.#variation = sample / 2;
      return;
    }
    const deviation = Math.abs(this.#smoothed - sample);
    this.#variation += (deviation - this.#variation) * VARIATION_SMOOTHING;
    this.#smoothed += (sample - this.#smoothed) * SMOOTHING;
  }

  /** Doubles the timeout until the next sample. */
  backOff(): void {
    this.#backoff *= 2;
  }

  /** Ends the backing off, as when the peer acknowledged something new. */
  endBackoff(): void {
    this.#backoff = 1;
  }
}
