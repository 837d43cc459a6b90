/** Says how many bursts are due at a rate: what could not be sent in time is not sent later, but for so many packets. */
export class BurstPace {
  readonly #burst: number;
  readonly #mostOwed: number;
  readonly #perMillisecond: number;
  #accountedAt: number;
  #owed = 0;

  constructor(packetsPerSecond: number, burst: number, mostOwed: number, now: number) {
    this.#burst = burst;
    this.#mostOwed = mostOwed;
    this.#perMillisecond = packetsPerSecond / 1000;
    this.#accountedAt = now;
  }

  /** How many bursts are to be sent now. */
  take(now: number): number {
    this.#owed = Math.min(this.#mostOwed, this.#owed + (now - this.#accountedAt) * this.#perMillisecond);
    this.#accountedAt = now;
    const bursts = Math.floor(this.#owed / this.#burst);
    this.#owed -= bursts * this.#burst;
    return bursts;
  }
}
