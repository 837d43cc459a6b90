import type { TcpSegment } from "./segment.ts";

type Range = { start: number; end: number; touched: number };

/** What a receiver has beyond the first byte that it misses: byte ranges in ascending order, none touching another. */
export class ReceivedRanges {
  readonly #ranges: Range[] = [];
  #touches = 0;

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** Whether all of a range is here. */
  has(start: number, end: number): boolean {
    return this.#ranges.some((range) => range.start <= start && end <= range.end);
  }

  /** Adds a range. */
  add(start: number, end: number): void {
    const ranges = this.#ranges;
    let place = ranges.length;
    while (place > 0 && (ranges[place - 1]?.end ?? 0) >= start) place--;
    const added = { start, end, touched: ++this.#touches };
    let joined = 0;
    for (let next = ranges[place]; next !== undefined && next.start <= end; next = ranges[place + joined]) {
      added.start = Math.min(added.start, next.start);
      added.end = Math.max(added.end, next.end);
      joined++;
      end = added.end;
    }
    ranges.splice(place, joined, added);
  }

  /** Takes out the range that begins at or before `next`, and returns where it ends, or `next` without one. */
  takeFrom(next: number): number {
    let end = next;
    while ((this.#ranges[0]?.start ?? Number.POSITIVE_INFINITY) <= end)
      end = Math.max(end, this.#ranges.shift()?.end ?? 0);
    return end;
  }

  /** Puts the ranges that changed last into a segment's SACK blocks, as many as fit (RFC 2018 §4). */
  report(segment: TcpSegment): void {
    let before = Number.POSITIVE_INFINITY;
    for (;;) {
      let latest: Range | undefined;
      for (const range of this.#ranges) {
        if (range.touched < before && range.touched > (latest?.touched ?? 0)) latest = range;
      }
      if (latest === undefined || !segment.addSack(latest.start >>> 0, latest.end >>> 0)) return;
      before = latest.touched;
    }
  }
}
