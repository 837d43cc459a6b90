// RFC 6298 §2 as Linux does it (tcp_input.c, tcp_rtt_estimator): the variation does not sink below what gives a
// timeout of 200 ms above the RTT, rises at once, and sinks by a quarter per round trip at most.
const SMOOTHING = 1 / 8;
const LEAST_VARIATION = 200;
const INITIAL_TIMEOUT = 1000;
const LARGEST_TIMEOUT = 120_000;

/** The round-trip time of a connection and what follows from it, in milliseconds. */
export class RoundTrip {
  #smoothed = 0;
  /** Four times the mean deviation; the largest of it in this round trip; what counts for the timeout. */
  #deviation = 0;
  #largestDeviation = LEAST_VARIATION;
  #variation = LEAST_VARIATION;
  #roundEnd = 0;
  #backoff = 1;
  /** Infinity before the first sample. */
  smallest = Number.POSITIVE_INFINITY;

  /** 0 before the first sample. */
  get smoothed(): number {
    return this.#smoothed;
  }

  /** The retransmission timeout. */
  get timeout(): number {
    const base = this.#smoothed === 0 ? INITIAL_TIMEOUT : this.#smoothed + this.#variation;
    return Math.min(base * this.#backoff, LARGEST_TIMEOUT);
  }

  /** Takes a sample; `first` and `next` are the scoreboard's, which tell round trips apart. */
  onSample(sample: number, first: number, next: number): void {
    this.#backoff = 1;
    if (this.#smoothed === 0) {
      this.#smoothed = sample;
      this.#deviation = 2 * sample;
      this.#largestDeviation = Math.max(LEAST_VARIATION, this.#deviation);
      this.#variation = this.#largestDeviation;
      this.#roundEnd = next;
      return;
    }
    this.#noteDeviation(sample);
    this.#smoothed += (sample - this.#smoothed) * SMOOTHING;
    if (first > this.#roundEnd) this.#endRound(next);
  }

  /** Takes an RTT that may be the smallest. */
  onSmallest(rtt: number): void {
    this.smallest = Math.min(this.smallest, rtt);
  }

  /** Doubles the timeout until the next sample. */
  backOff(): void {
    this.#backoff *= 2;
  }

  /** Ends the backing off, as when the peer acknowledged something new. */
  endBackoff(): void {
    this.#backoff = 1;
  }

  #noteDeviation(sample: number): void {
    const excess = Math.abs(sample - this.#smoothed) - this.#deviation / 4;
    // An RTT that sinks fast does not mean that the next ones will rise.
    const isSinkingFast = sample < this.#smoothed && excess > 0;
    this.#deviation += isSinkingFast ? excess / 8 : excess;
    this.#largestDeviation = Math.max(this.#largestDeviation, this.#deviation);
    this.#variation = Math.max(this.#variation, this.#largestDeviation);
  }

  #endRound(next: number): void {
    if (this.#largestDeviation < this.#variation) this.#variation -= (this.#variation - this.#largestDeviation) / 4;
    this.#roundEnd = next;
    this.#largestDeviation = LEAST_VARIATION;
  }
}
