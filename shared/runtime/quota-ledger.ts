import { type Bytes, bytes } from "../protocol/units.ts";
import { type CalendarDay, nextPeriodStart, periodStart } from "./quota-period.ts";

// A period has at most 31 days; the others tell a clock that is wrong from one that was.
const DAYS_KEPT = 64;

// A day before this was written is that of a clock that was not set since the machine started: routers without a battery
// begin in 1970 or on the day that their system was built.
const EARLIEST_CREDIBLE: CalendarDay = "2026-11-01";

/**
 * What one link carried, day by day. Days and not periods are kept, so that a change of the reset day counts right, and
 * so that a clock that was wrong for a while spoils only the days that it named.
 */
export class QuotaLedger {
  readonly #days: Map<CalendarDay, number>;

  constructor(days: Iterable<readonly [CalendarDay, number]> = []) {
    this.#days = new Map(days);
  }

  /** The days and their bytes, earliest first. */
  get days(): readonly (readonly [CalendarDay, number])[] {
    return [...this.#days].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Counts bytes on the day that the clock shows. */
  add(size: number, today: CalendarDay): void {
    if (size <= 0) return;
    const day = this.#credible(today);
    this.#days.set(day, (this.#days.get(day) ?? 0) + size);
    this.#forget(day);
  }

  /** What was carried in the period of `today`. */
  used(resetDay: number, today: CalendarDay): Bytes {
    const day = this.#credible(today);
    const [start, end] = [periodStart(day, resetDay), nextPeriodStart(day, resetDay)];
    let sum = 0;
    for (const [counted, size] of this.#days) if (counted >= start && counted < end) sum += size;
    return bytes(sum);
  }

  /** The day that is meant: until the clock is set it is still the last day that was counted. */
  #credible(today: CalendarDay): CalendarDay {
    const last = this.days.at(-1)?.[0];
    return last !== undefined && last >= EARLIEST_CREDIBLE && today < EARLIEST_CREDIBLE ? last : today;
  }

  /** Drops what is too old; what was counted before the clock was set for the first time goes to `day`. */
  #forget(day: CalendarDay): void {
    for (const [old, size] of this.days) {
      const isBeforeClock = old < EARLIEST_CREDIBLE && day >= EARLIEST_CREDIBLE;
      if (isBeforeClock) this.#days.set(day, (this.#days.get(day) ?? 0) + size);
      if (isBeforeClock || (this.#days.size > DAYS_KEPT && old !== day)) this.#days.delete(old);
    }
  }
}
