import { type Milliseconds, seconds } from "../units.ts";

// One less than the history that `FragmentLoss` looks back on.
const LARGEST_MARGIN = 63;

// A line that reordered once is likely to do it again soon; one that has stopped should not delay loss detection.
const HALVING_INTERVAL = seconds(10);

/**
 * By how many packets a line reorders. RFC 1990 §4.1 presumes links that keep order; UDP paths mostly do, so the
 * margin starts at zero and follows what is seen in the packet numbers.
 */
export class ReorderingMargin {
  #packets = 0;
  #halvedAt: Milliseconds | undefined;

  get packets(): number {
    return this.#packets;
  }

  /** Notes a packet that arrived after `behind` later ones of its link. */
  onLate(behind: number, now: Milliseconds): void {
    this.#packets = Math.min(LARGEST_MARGIN, Math.max(this.#packets, behind));
    this.#halvedAt = now;
  }

  /** Lets the margin fade while packets come in order. */
  onOrdered(now: Milliseconds): void {
    if (this.#packets === 0 || this.#halvedAt === undefined || now - this.#halvedAt < HALVING_INTERVAL) return;
    this.#packets >>= 1;
    this.#halvedAt = now;
  }
}
