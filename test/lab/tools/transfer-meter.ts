/** What a receiver saw of a TCP transfer. Times are milliseconds of the monotonic clock all processes here share. */
export type Transfer = {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly bytes: number;
  /** The longest time in which nothing arrived, the end of the transfer included, and when that began. */
  readonly longestGapMs: number;
  readonly longestGapAt: number;
  /** Bytes in each tenth of a second since `startedAt`. */
  readonly tenths: readonly number[];
};

/** Watches a transfer as its bytes arrive. */
export class TransferMeter {
  readonly #startedAt = monotonicNow();
  readonly #tenths: number[] = [];
  #bytes = 0;
  #lastAt = this.#startedAt;
  #longestGapMs = 0;
  #longestGapAt = this.#startedAt;

  add(bytes: number): void {
    const now = this.#noteGap();
    const tenth = Math.floor((now - this.#startedAt) / 100);
    while (this.#tenths.length <= tenth) this.#tenths.push(0);
    this.#tenths[tenth] = (this.#tenths[tenth] ?? 0) + bytes;
    this.#bytes += bytes;
    this.#lastAt = now;
  }

  end(): Transfer {
    const endedAt = this.#noteGap();
    return {
      startedAt: this.#startedAt,
      endedAt,
      bytes: this.#bytes,
      longestGapMs: this.#longestGapMs,
      longestGapAt: this.#longestGapAt,
      tenths: this.#tenths,
    };
  }

  #noteGap(): number {
    const now = monotonicNow();
    if (now - this.#lastAt > this.#longestGapMs) {
      this.#longestGapMs = now - this.#lastAt;
      this.#longestGapAt = this.#lastAt;
    }
    return now;
  }
}

/** CLOCK_MONOTONIC in milliseconds: the same for all processes of the machine. */
export const monotonicNow = (): number => Number(process.hrtime.bigint()) / 1e6;

/** The mean rate in bytes per second between two times in seconds since the transfer began. */
export function rateBetween({ tenths }: Transfer, fromSeconds: number, toSeconds: number): number {
  const bytes = tenths.slice(fromSeconds * 10, toSeconds * 10).reduce((sum, count) => sum + count, 0);
  return bytes / (toSeconds - fromSeconds);
}
