import type { LineOverhead } from "../link/line-overhead.ts";
import type { LinkAllowance } from "../link/quota.ts";
import { milliseconds, NEVER } from "../units.ts";
import { integer } from "./codecs.ts";
import type { LineTerms } from "./line-terms.ts";
import type { Codec } from "./option.ts";

const ALLOWANCES: readonly LinkAllowance[] = ["full", "fallback", "throttled"];

const OVERHEAD_SIZE = 5;
const FRAMINGS = ["frames", "cells"] as const;

const USE_SIZE = 8;
const FALLBACK_ONLY = 0x01;
const WHOLE_LOSS = 10_000;
const NO_LATENCY_LIMIT = 0xffff_ffff;

const uint8 = integer(1, 0, 0xff);
const uint16 = integer(2, 0, 0xffff);
const framing = integer(1, 0, FRAMINGS.length - 1);
const priority = integer(1, 1, 0xff);
const loss = integer(2, 0, WHOLE_LOSS);
const latency = integer(4, 1, NO_LATENCY_LIMIT);

/** How a link is used, of `LineTerms`. */
export type LineUse = Pick<LineTerms, "priority" | "isFallbackOnly" | "lossTolerance" | "latencyTolerance">;

/** A `LineOverhead`: 1 byte of framing, 2 of bytes per packet, 2 of the smallest size. */
export const lineOverhead: Codec<LineOverhead> = {
  read: (bytes) => {
    if (bytes.length !== OVERHEAD_SIZE) return undefined;
    const kind = FRAMINGS[framing.read(bytes.subarray(0, 1)) ?? FRAMINGS.length];
    const perPacket = uint16.read(bytes.subarray(1, 3));
    const smallest = uint16.read(bytes.subarray(3));
    if (kind === undefined || perPacket === undefined || smallest === undefined) return undefined;
    return { framing: kind, perPacket, smallest };
  },
  write: ({ framing: kind, perPacket, smallest }) =>
    Uint8Array.of(...framing.write(FRAMINGS.indexOf(kind)), ...uint16.write(perPacket), ...uint16.write(smallest)),
};

/** A `LineUse`: 1 byte of priority, 1 of flags, 2 of loss tolerance in 1/10000, 4 of latency tolerance in ms. */
export const lineUse: Codec<LineUse> = {
  read: (bytes) => {
    if (bytes.length !== USE_SIZE) return undefined;
    const tier = priority.read(bytes.subarray(0, 1));
    const flags = uint8.read(bytes.subarray(1, 2)) ?? 0;
    const share = loss.read(bytes.subarray(2, 4));
    const delay = latency.read(bytes.subarray(4));
    if (tier === undefined || share === undefined || delay === undefined) return undefined;
    return {
      priority: tier,
      isFallbackOnly: (flags & FALLBACK_ONLY) !== 0,
      lossTolerance: share / WHOLE_LOSS,
      latencyTolerance: delay === NO_LATENCY_LIMIT ? NEVER : milliseconds(delay),
    };
  },
  write: (use) =>
    Uint8Array.of(
      ...priority.write(use.priority),
      ...uint8.write(use.isFallbackOnly ? FALLBACK_ONLY : 0),
      ...loss.write(use.lossTolerance * WHOLE_LOSS),
      // A tolerance below a millisecond is still one, and the largest number means none.
      ...latency.write(Math.min(NO_LATENCY_LIMIT, Math.max(1, use.latencyTolerance))),
    ),
};

/** A `LinkAllowance` in one byte. */
export const allowance: Codec<LinkAllowance> = {
  read: (bytes) => (bytes.length === 1 ? ALLOWANCES[bytes[0] ?? ALLOWANCES.length] : undefined),
  write: (value) => Uint8Array.of(ALLOWANCES.indexOf(value)),
};
