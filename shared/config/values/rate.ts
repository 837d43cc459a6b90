import { type BytesPerSecond, bytesPerSecond } from "../../protocol/units.ts";

// Below this a bare number was most likely meant as Mbit/s or kbit/s.
const SLOWEST = 1000;
const FASTEST = 125_000_000_000;

const PREFIXES: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9 };
const PRINTED_PREFIXES = [
  ["G", 9],
  ["M", 6],
  ["k", 3],
  ["", 0],
] as const;

/** What a rate must look like, for error texts. */
export const RATE_EXPECTED = 'expected bytes per second, such as 1250000 or "10 Mbit/s"';

/**
 * Reads a bandwidth: a bare number is bytes per second; units are bit/s (also bit, bps, b/s) and B/s (also Bps), with
 * k, M or G before them. A lone b means bit and a lone B means byte. Undefined for anything else, below 1 kB/s too.
 */
export function parseRate(text: string): BytesPerSecond | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmg]?)(bits?(?:\/s)?|bps|b\/s))?$/i.exec(text);
  if (match === null) return undefined;
  const [, digits = "", prefix = "", unit = "B/s"] = match;
  const factor = PREFIXES[prefix.toLowerCase()] ?? Number.NaN;
  const isBytes = /^B(?!it)/.test(unit);
  const rate = Math.round((Number(digits) * factor) / (isBytes ? 1 : 8));
  return rate >= SLOWEST && rate <= FASTEST ? bytesPerSecond(rate) : undefined;
}

/** Writes a bandwidth in bits for people, so that `parseRate` reads the same number of bytes per second again. */
export function formatRate(rate: BytesPerSecond): string {
  const bits = Math.round(rate) * 8;
  const [prefix, exponent] = PRINTED_PREFIXES.find(([, power]) => bits >= 10 ** power) ?? ["", 0];
  return `${shiftDecimalPoint(bits, exponent)} ${prefix}bit/s`;
}

function shiftDecimalPoint(whole: number, places: number): string {
  const digits = String(whole).padStart(places + 1, "0");
  const fraction = digits.slice(digits.length - places).replace(/0+$/, "");
  const integer = digits.slice(0, digits.length - places);
  return places === 0 || fraction === "" ? integer : `${integer}.${fraction}`;
}
