// Numbers as an operator reads them: rounded, with a unit. For exact values there is the snapshot as JSON.

const RATE_UNITS = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"];
const SIZE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const SIGNIFICANT_DIGITS = 3;

/** A rate given in bytes per second, in bits: "8.10 Mbit/s". */
export function rateText(bytesPerSecond: number): string {
  return scaled(bytesPerSecond * 8, 1000, RATE_UNITS);
}

/** A size in bytes: "1.21 GiB". */
export function sizeText(bytes: number): string {
  return scaled(bytes, 1024, SIZE_UNITS);
}

/** A duration in its two largest units: "1 h 4 min". */
export function durationText(durationMs: number): string {
  if (durationMs < MINUTE_MS) return `${Math.floor(durationMs / 1000)} s`;
  if (durationMs < HOUR_MS) return twoUnits(durationMs, MINUTE_MS, "min", 1000, "s");
  if (durationMs < DAY_MS) return twoUnits(durationMs, HOUR_MS, "h", MINUTE_MS, "min");
  return twoUnits(durationMs, DAY_MS, "d", HOUR_MS, "h");
}

/** A delay as a line has it: "0.4 ms", "171 ms", "2.3 s", "1 min 4 s". */
export function millisecondsText(durationMs: number): string {
  if (durationMs >= MINUTE_MS) return durationText(durationMs);
  if (durationMs >= 999.5) return `${(durationMs / 1000).toFixed(1)} s`;
  return `${durationMs.toFixed(durationMs < 9.95 ? 1 : 0)} ms`;
}

/** A count with its thousands apart, and the noun in the right number: "1,204 packets", "1 packet". */
export function countText(count: number, noun: string): string {
  return `${groupedText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A whole number with its thousands apart: "1,204". */
export function groupedText(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** A ratio of 0 to 1 as a percentage with this many decimals: "0.1 %". */
export function percentText(ratio: number, decimals: number): string {
  return `${(ratio * 100).toFixed(decimals)} %`;
}

/**
 * Text that may come from the other end, such as a link's name, made harmless: control characters, which an
 * operator's terminal would obey, are written as escapes.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
  });
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let scale = 0;
  let rest = value;
  // 999.5 would be written with four digits: it belongs to the next unit.
  while (rest >= 999.5 && scale < units.length - 1) {
    rest /= step;
    scale++;
  }
  const digits = scale === 0 ? String(Math.round(rest)) : significant(rest);
  return `${digits} ${units[scale] ?? ""}`;
}

function significant(value: number): string {
  const whole = value < 9.995 ? 1 : value < 99.95 ? 2 : SIGNIFICANT_DIGITS;
  return value.toFixed(SIGNIFICANT_DIGITS - whole);
}

function twoUnits(durationMs: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((durationMs % large) / small);
  const head = `${Math.floor(durationMs / large)} ${largeName}`;
  return rest === 0 ? head : `${head} ${rest} ${smallName}`;
}
