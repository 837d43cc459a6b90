import type { Milliseconds } from "../../../shared/protocol/units.ts";

const BIN = 100;
const BINS_PER_SECOND = 10;

// Shorter pauses are not worth to be remembered one by one.
const SHORTEST_GAP = 10;

/** What an application received in order over time: bytes in bins of 100 ms, and the pauses between them. */
export class Goodput {
  readonly #bins: number[] = [];
  readonly #gaps: { readonly from: number; readonly until: number }[] = [];
  #last = 0;
  total = 0;

  /** Notes bytes that the application got now. */
  add(bytes: number, now: Milliseconds): void {
    const bin = Math.floor(now / BIN);
    while (this.#bins.length <= bin) this.#bins.push(0);
    this.#bins[bin] = (this.#bins[bin] ?? 0) + bytes;
    this.total += bytes;
    if (now - this.#last >= SHORTEST_GAP) this.#gaps.push({ from: this.#last, until: now });
    this.#last = now;
  }

  /** The bytes between two times, which are taken to whole bins of 100 ms. */
  between(from: Milliseconds, until: Milliseconds): number {
    let sum = 0;
    for (let bin = Math.round(from / BIN); bin < Math.round(until / BIN); bin++) sum += this.#bins[bin] ?? 0;
    return sum;
  }

  /** The mean rate between two times, in bytes per second. */
  rate(from: Milliseconds, until: Milliseconds): number {
    return (this.between(from, until) * 1000) / (until - from);
  }

  /** The rate of every whole second between two times, in bytes per second. */
  perSecond(from: Milliseconds, until: Milliseconds): number[] {
    const first = Math.round(from / BIN);
    // Times that are no whole milliseconds are not exactly as far apart as they should be.
    const count = Math.floor(Math.round((until - from) / BIN) / BINS_PER_SECOND);
    return Array.from({ length: count }, (_, second) =>
      this.#bins
        .slice(first + second * BINS_PER_SECOND, first + (second + 1) * BINS_PER_SECOND)
        .reduce((sum, bytes) => sum + bytes, 0),
    );
  }

  /** The longest pause between two times, in milliseconds; pauses below 10 ms count as none. */
  longestGap(from: Milliseconds, until: Milliseconds): number {
    let longest = Math.max(0, until - Math.max(from, this.#last));
    for (const gap of this.#gaps) longest = Math.max(longest, Math.min(gap.until, until) - Math.max(gap.from, from));
    return longest >= SHORTEST_GAP ? longest : 0;
  }
}
