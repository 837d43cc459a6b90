import type { BytesPerSecond } from "../../protocol/units.ts";
import { formatRate, parseRate } from "./rate.ts";

/**
 * What the file says of a line's rate: nothing, so that it is found; a ceiling; or a range within which it is found.
 */
export type RateSetting =
  | { readonly kind: "auto" }
  | { readonly kind: "ceiling"; readonly rate: BytesPerSecond }
  | { readonly kind: "range"; readonly lowest: BytesPerSecond; readonly highest: BytesPerSecond };

/** What a rate setting must look like, for error texts. */
export const RATE_SETTING_EXPECTED =
  'expected bytes per second, such as 1250000, or "10 Mbit/s", or a range with the lower rate first, "2 - 30 Mbit/s", or auto';

/** The setting of a rate that is left out. */
export const AUTO_RATE: RateSetting = { kind: "auto" };

/**
 * Reads a rate, a range of two rates with a hyphen or a dash between them, or auto. The first rate of a range may leave
 * its unit to the second. Undefined for anything else, also when the first is not below the second.
 */
export function parseRateSetting(text: string): RateSetting | undefined {
  // mlvpn.conf(5) writes 0 for a bandwidth that is not told.
  if (text.toLowerCase() === "auto" || text === "0") return AUTO_RATE;
  const ends = /^([^-–]+)[-–]([^-–]+)$/.exec(text);
  if (ends !== null) return rangeOf((ends[1] ?? "").trim(), (ends[2] ?? "").trim());
  const rate = parseRate(text);
  return rate === undefined ? undefined : { kind: "ceiling", rate };
}

/** Writes a rate setting so that `parseRateSetting` reads the same again. */
export function formatRateSetting(setting: RateSetting): string {
  switch (setting.kind) {
    case "auto":
      return "auto";
    case "ceiling":
      return formatRate(setting.rate);
    case "range":
      return `${formatRate(setting.lowest)} - ${formatRate(setting.highest)}`;
  }
}

function rangeOf(first: string, second: string): RateSetting | undefined {
  const unit = /^[\d.]+\s*(\D*)$/.exec(second)?.[1] ?? "";
  const lowest = parseRate(/^[\d.]+$/.test(first) ? `${first} ${unit}`.trim() : first);
  const highest = parseRate(second);
  if (lowest === undefined || highest === undefined || lowest >= highest) return undefined;
  return { kind: "range", lowest, highest };
}
