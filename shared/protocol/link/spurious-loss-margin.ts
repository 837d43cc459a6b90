import { type Milliseconds, milliseconds, seconds } from "../units.ts";

// RFC 9002 §6.1.1: kPacketThreshold.
const SMALLEST = 3;
const LARGEST = 1024;
const HALVING_INTERVAL = seconds(10);

// A line that overtakes by more than this is rather one that stalled.
const LONGEST_EXCESS = 100;

/**
 * By how many packets, and by how much time, a later one must have arrived before a packet is lost. It starts as
 * RFC 9002 §6.1 says and grows, as that section allows, when packets come that had been called lost; it fades while
 * none do.
 */
export class SpuriousLossMargin {
  #packets = SMALLEST;
  #excess = 0;
  #changedAt = milliseconds(0);

  /**
   * Notes a packet that arrived although it had been called lost, after `behind` later ones, and as the reports tell
   * by `excess` later than it had been waited for.
   */
  onSpurious(behind: number, excess: number, now: Milliseconds): void {
    this.#packets = Math.min(LARGEST, Math.max(this.#packets, behind + 1));
    // Without a later one before it, it was the line that was late, or the report.
    if (behind > 0) this.#excess = Math.min(LONGEST_EXCESS, Math.max(this.#excess, excess));
    this.#changedAt = now;
  }

  /** The margin in packets now. */
  packets(now: Milliseconds): number {
    this.#fade(now);
    return this.#packets;
  }

  /** How long to wait for a packet that was overtaken, where `usual` is enough on a line that keeps order. */
  patience(usual: Milliseconds, now: Milliseconds): Milliseconds {
    this.#fade(now);
    return milliseconds(usual + this.#excess);
  }

  #fade(now: Milliseconds): void {
    if (now - this.#changedAt < HALVING_INTERVAL) return;
    this.#packets = Math.max(SMALLEST, this.#packets >> 1);
    this.#excess = this.#excess < 1 ? 0 : this.#excess / 2;
    this.#changedAt = now;
  }
}
