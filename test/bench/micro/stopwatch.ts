import { median } from "../../support/statistics.ts";

const NANOSECONDS_PER_MILLISECOND = 1e6;

/** The times that a step takes in each round. */
export class Stopwatch {
  readonly #rounds: number[] = [];
  #elapsed = 0;
  #startedAt = 0;

  start(): void {
    this.#startedAt = performance.now();
  }

  stop(): void {
    this.#elapsed += performance.now() - this.#startedAt;
  }

  /** Ends a round. */
  lap(): void {
    this.#rounds.push(this.#elapsed);
    this.#elapsed = 0;
  }

  /**
   * The nanoseconds for each of so many packets in a round: the median of all rounds since this was asked last, as in a
   * few of them somebody else had the processor.
   */
  takePerPacket(packets: number): number {
    const middle = median(this.#rounds);
    this.#rounds.length = 0;
    return (middle * NANOSECONDS_PER_MILLISECOND) / packets;
  }
}
