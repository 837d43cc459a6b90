import { type BytesPerSecond, bytesPerSecond, type Milliseconds, milliseconds, seconds } from "../units.ts";
import type { ConfiguredRate } from "./configured-rate.ts";

/** The least that is ever sent. */
export const SMALLEST_RATE = bytesPerSecond(8_000);

const CLEAR_FALL = 0.97;
const CONFIDENCE_TIME = seconds(30);
const AT_UNREST = 1 / 5;
const NEVER_YET = milliseconds(Number.NEGATIVE_INFINITY);

/** What a line is taken to carry, within what the operator allows, and how sure that is. */
export class FoundCapacity {
  readonly #configured: ConfiguredRate;
  #rate: BytesPerSecond;
  #provenAt = NEVER_YET;
  #correctedAt = NEVER_YET;

  constructor(configured: ConfiguredRate) {
    this.#configured = configured;
    this.#rate = configured.first;
  }

  /** In bytes sent per second. */
  get rate(): BytesPerSecond {
    return this.#rate;
  }

  get isAtCeiling(): boolean {
    return this.#rate >= this.#configured.ceiling;
  }

  /** Whether the line was ever seen full. */
  get isProven(): boolean {
    return this.#provenAt >= 0;
  }

  /** When it was last found that clearly more was sent than the line carries. */
  get correctedAt(): Milliseconds {
    return this.#correctedAt;
  }

  /** How sure it is, 0 to 1: without proof that the line is full it fades by 1/e in half a minute, or sooner. */
  confidence(isRestless: boolean, now: Milliseconds): number {
    const time = CONFIDENCE_TIME * (isRestless ? AT_UNREST : 1);
    return Math.exp(-(now - this.#provenAt) / time);
  }

  /** Takes a rate, in bytes per second, for what the line carries. */
  find(rate: number): void {
    const isLess = rate < this.#rate;
    this.#rate = bytesPerSecond(Math.min(this.#configured.ceiling, Math.max(SMALLEST_RATE, rate)));
    this.#configured.onCapacity(this.#rate, isLess);
  }

  /** The same after it was found that more was sent, or as much, than the line carries. */
  correct(rate: number, now: Milliseconds): void {
    if (rate < CLEAR_FALL * this.#rate) this.#correctedAt = now;
    this.find(rate);
  }

  /** Notes that the line is full at what it is taken to carry. */
  prove(now: Milliseconds): void {
    this.#provenAt = now;
  }

  /** Forgets the line. */
  restart(): void {
    this.#rate = this.#configured.first;
    this.#provenAt = NEVER_YET;
  }
}
