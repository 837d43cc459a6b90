import { type Bytes, type Milliseconds, milliseconds, NEVER } from "../../protocol/units.ts";
import { parseDuration } from "./duration.ts";
import { oneOf, wholeNumber } from "./plain.ts";
import { parseSize } from "./size.ts";

// Below this a bare number was most likely meant as megabytes or gigabytes.
const SMALLEST_QUOTA = 1_000_000;
const WHOLE = 100;
// mlvpn.conf(5): a latency tolerance of 1000 or more means none.
const MLVPN_NO_LATENCY_LIMIT = 1000;

const QUOTA_ACTIONS = ["fallback", "off", "throttle"] as const;

/** What becomes of a link whose quota is used up: used when no other is up, not used, or used slowly. */
export type QuotaAction = (typeof QUOTA_ACTIONS)[number];

/** What the values of these keys must look like, for error texts. */
export const QUOTA_EXPECTED = 'expected bytes from 1 MB, or a size with a unit: "50 GB"';
export const RESET_DAY_EXPECTED = "expected a day of the month from 1 to 31";
export const QUOTA_ACTION_EXPECTED = "expected fallback, off or throttle";
export const PRIORITY_EXPECTED = "expected a number from 1, which is used first, to 9";
export const LOSS_TOLERANCE_EXPECTED = "expected percent from 0 to 100, where 100 sets no limit, or no";
export const LATENCY_TOLERANCE_EXPECTED =
  'expected milliseconds, where 1000 and more set no limit, or a time with a unit: "0.3 s", or no';

/** Reads how much a line may carry in a month, both ways together: a size of 1 MB or more. */
export function parseQuota(text: string): Bytes | undefined {
  const size = parseSize(text);
  return size !== undefined && size >= SMALLEST_QUOTA ? size : undefined;
}

/** Reads the day of the month on which a quota starts anew; in a month without it, its last day is meant. */
export const parseResetDay = wholeNumber(1, 31);

/** Reads a `QuotaAction`. */
export const parseQuotaAction = oneOf(QUOTA_ACTIONS);

/** Reads a link's tier: links of a higher number are used only while all of the lower ones are full. */
export const parsePriority = wholeNumber(1, 9);

/** Reads a loss in percent, with or without the sign, as a share from 0 to 1; from 100 on, or "no", it is 1: no limit. */
export function parseLossTolerance(text: string): number | undefined {
  if (text.toLowerCase() === "no") return 1;
  const digits = /^(\d{1,9}(?:\.\d{1,9})?)\s*%?$/.exec(text)?.[1];
  return digits === undefined ? undefined : Math.min(1, Number(digits) / WHOLE);
}

/**
 * Reads a latency. Other than elsewhere a bare number is milliseconds, as mlvpn has it, and from 1000 on it sets no
 * limit, as "no" does: `NEVER`. With a unit it is what it says.
 */
export function parseLatencyTolerance(text: string): Milliseconds | undefined {
  if (text.toLowerCase() === "no") return NEVER;
  if (!/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) return parseDuration(text);
  const latency = Number(text);
  if (latency >= MLVPN_NO_LATENCY_LIMIT) return NEVER;
  return latency > 0 ? milliseconds(latency) : undefined;
}
