import { type Milliseconds, milliseconds } from "../../protocol/units.ts";

const LONGEST = milliseconds(30 * 24 * 3_600_000);

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

/** Reads a time: a bare number is seconds; units are ms, s, min and h. Undefined for anything else, zero too. */
export function parseDuration(text: string): Milliseconds | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|min|h)?$/.exec(text);
  if (match === null) return undefined;
  const [, digits = "", unit = "s"] = match;
  const microseconds = Math.round(Number(digits) * (UNITS[unit] ?? Number.NaN) * 1000);
  const duration = milliseconds(microseconds / 1000);
  return duration > 0 && duration <= LONGEST ? duration : undefined;
}

/** Writes a time in the largest unit in which it is a whole number, so that `parseDuration` reads it again. */
export function formatDuration(duration: Milliseconds): string {
  for (const unit of ["h", "min", "s"]) {
    const size = UNITS[unit] ?? Number.NaN;
    if (duration >= size && duration % size === 0) return `${duration / size} ${unit}`;
  }
  return `${duration} ms`;
}
