import { type Bytes, bytes } from "../../protocol/units.ts";

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};
const PRINTED = ["GiB", "GB", "MiB", "MB", "KiB", "kB"] as const;

/** What a size must look like, for error texts. */
export const SIZE_EXPECTED = 'expected bytes, such as 65535, or a size with a unit: "64 KiB", "50 GB"';

/** Reads a size: a bare number is bytes; units are B, kB, MB, GB, TB, KiB, MiB and GiB. Undefined for anything else. */
export function parseSize(text: string): Bytes | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kKMGT]i?B|B)?$/.exec(text);
  if (match === null) return undefined;
  const [, digits = "", unit = "B"] = match;
  const factor = UNITS[unit] ?? UNITS[unit.replace(/^K(?!i)/, "k")];
  const size = Math.round(Number(digits) * (factor ?? Number.NaN));
  return Number.isSafeInteger(size) ? bytes(size) : undefined;
}

/** Writes a size in the largest unit in which it is a whole number, so that `parseSize` reads it again. */
export function formatSize(size: Bytes): string {
  for (const unit of PRINTED) {
    const step = UNITS[unit] ?? Number.NaN;
    if (size >= step && size % step === 0) return `${size / step} ${unit}`;
  }
  return `${size} B`;
}
