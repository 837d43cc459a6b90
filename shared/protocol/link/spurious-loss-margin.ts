import { type Milliseconds, milliseconds, seconds } from "../units.ts";

// RFC 9002 §6.1.1: kPacketThreshold.
const SMALLEST = 3;
const LARGEST = 1024;
const HALVING_INTERVAL = seconds(10);

/**
 * By how many packets a later one must have arrived before a packet is lost. It starts as RFC 9002 §6.1.1 says and
 * grows, as that section allows, when packets come that had been called lost; it fades while none do.
 */
export class SpuriousLossMargin {
  #packets = SMALLEST;
  #changedAt = milliseconds(0);

  /** Notes a packet that arrived although it had been called lost, after `behind` later ones. */
  onSpurious(behind: number, now: Milliseconds): void {
    this.#packets = Math.min(LARGEST, Math.max(this.#packets, behind + 1));
    this.#changedAt = now;
  }

  /** The margin now. */
  packets(now: Milliseconds): number {
    if (this.#packets > SMALLEST && now - this.#changedAt >= HALVING_INTERVAL) {
      this.#packets = Math.max(SMALLEST, this.#packets >> 1);
      this.#changedAt = now;
    }
    return this.#packets;
  }
}
