import type { RateLimits } from "../../protocol/link/configured-rate.ts";
import { formatRate, parseRate, RATE_EXPECTED } from "./rate.ts";

/** What a rate setting must look like, for error texts. */
export const RATE_SETTING_EXPECTED = `${RATE_EXPECTED}, a range with the lower rate first, "2 - 30 Mbit/s", or auto`;

/** The setting of a rate that is left out. */
export const AUTO_RATE: RateLimits = { kind: "auto" };

/**
 * Reads a rate, a range of two rates with a hyphen or a dash between them, or auto. The first rate of a range may leave
 * its unit to the second. Undefined for anything else, also when the first is not below the second.
 */
export function parseRateSetting(text: string): RateLimits | undefined {
  // mlvpn.conf(5) writes 0 for a bandwidth that is not told.
  if (text.toLowerCase() === "auto" || text === "0") return AUTO_RATE;
  const ends = /^([^-–]+)[-–]([^-–]+)$/.exec(text);
  if (ends !== null) return rangeOf((ends[1] ?? "").trim(), (ends[2] ?? "").trim());
  const rate = parseRate(text);
  return rate === undefined ? undefined : { kind: "ceiling", rate };
}

/** Writes a rate setting so that `parseRateSetting` reads the same again. */
export function formatRateSetting(setting: RateLimits): string {
  switch (setting.kind) {
    case "auto":
      return "auto";
    case "ceiling":
      return formatRate(setting.rate);
    case "range":
      return `${formatRate(setting.minimum)} - ${formatRate(setting.maximum)}`;
  }
}

function rangeOf(first: string, second: string): RateLimits | undefined {
  const unit = /^[\d.]+\s*(\D*)$/.exec(second)?.[1] ?? "";
  const minimum = parseRate(/^[\d.]+$/.test(first) ? `${first} ${unit}`.trim() : first);
  const maximum = parseRate(second);
  if (minimum === undefined || maximum === undefined || minimum >= maximum) return undefined;
  return { kind: "range", minimum, maximum };
}
