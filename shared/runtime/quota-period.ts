/** A day of the local calendar as `2026-05-31`: later days sort behind earlier ones. */
export type CalendarDay = string;

const FIRST_OF_MONTH = 1;

/** The local day of a date: providers count by their customers' midnights. */
export function calendarDay(date: Date): CalendarDay {
  return dayText(date.getFullYear(), date.getMonth() + 1, date.getDate());
}

/** Whether a text is a day that exists. */
export function isCalendarDay(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = match.slice(1).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
}

/**
 * The first day of the period that `day` belongs to, when periods begin on `resetDay` of each month, 1 to 31. In a
 * month that has no such day, its last one is meant.
 */
export function periodStart(day: CalendarDay, resetDay: number): CalendarDay {
  const { year, month } = monthOf(day);
  const start = resetIn(year, month, resetDay);
  return start <= day ? start : resetIn(...monthAfter(year, month, -1), resetDay);
}

/** The first day of the period after the one that `day` belongs to. */
export function nextPeriodStart(day: CalendarDay, resetDay: number): CalendarDay {
  const { year, month } = monthOf(day);
  const start = resetIn(year, month, resetDay);
  return start > day ? start : resetIn(...monthAfter(year, month, 1), resetDay);
}

function resetIn(year: number, month: number, resetDay: number): CalendarDay {
  return dayText(year, month, Math.min(resetDay, daysIn(year, month)));
}

function monthAfter(year: number, month: number, months: 1 | -1): [year: number, month: number] {
  const index = year * 12 + (month - 1) + months;
  return [Math.floor(index / 12), (index % 12) + 1];
}

function daysIn(year: number, month: number): number {
  // The day before the first of the next month. Years below 100 would mean 1900 and later.
  const last = new Date(Date.UTC(2000, month, FIRST_OF_MONTH - 1));
  last.setUTCFullYear(year, month, FIRST_OF_MONTH - 1);
  return last.getUTCDate();
}

function monthOf(day: CalendarDay): { readonly year: number; readonly month: number } {
  return { year: Number(day.slice(0, 4)), month: Number(day.slice(5, 7)) };
}

function dayText(year: number, month: number, day: number): CalendarDay {
  const pad = (value: number, width: number): string => String(value).padStart(width, "0");
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}
