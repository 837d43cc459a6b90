import { bytes, type Milliseconds, megabitsPerSecond, milliseconds } from "../../../shared/protocol/units.ts";
import type { DeliveryTrace } from "../../emulator/delivery-trace.ts";
import { Random } from "../../emulator/random.ts";

const PACKET = bytes(1500);
const STEP = 20;

// Recorded LTE lines: their level holds for about as long, and now and then nothing comes for up to so long.
const LEVEL_LIFETIME = 2000;
const SHORTEST_OUTAGE = 50;
const LONGEST_OUTAGE = 1200;

/** How a cellular line's capacity behaves. */
export type CellularShape = {
  readonly name: string;
  /** Mbit/s in the middle of good and bad times, each way. */
  readonly down: number;
  readonly up: number;
  /** Standard deviation of the rate's natural logarithm. */
  readonly spread: number;
  /** Outages per second. */
  readonly outages: number;
  /** Packets that leave at once, on average. */
  readonly burst: number;
};

/** Shapes as of recorded LTE lines: near a mast, in a crowd, and on the road. */
export const CELLULAR_SHAPES: readonly CellularShape[] = [
  { name: "near", down: 18, up: 12, spread: 0.5, outages: 0.05, burst: 4 },
  { name: "crowded", down: 5, up: 5, spread: 0.7, outages: 0.15, burst: 1.5 },
  { name: "driving", down: 4.5, up: 2, spread: 0.9, outages: 0.5, burst: 1.5 },
];

/** Draws a capacity over time; the same seed, rate and shape give the same one. */
export function cellularTrace(
  seed: number,
  rate: number,
  { spread, outages, burst }: CellularShape,
  duration: Milliseconds,
): DeliveryTrace {
  const dice = new Random(seed);
  const packetsPerMillisecond = megabitsPerSecond(rate) / PACKET / 1000;
  const keep = Math.exp(-STEP / LEVEL_LIFETIME);
  const opportunities: Milliseconds[] = [];
  let level = spread * normal(dice);
  let outageUntil = 0;
  for (let at = 0; at < duration; at++) {
    if (at % STEP === 0) level = keep * level + Math.sqrt(1 - keep ** 2) * spread * normal(dice);
    if (dice.happens(outages / 1000)) outageUntil = at + outageLength(dice);
    const isBurst = at >= outageUntil && dice.happens((packetsPerMillisecond * Math.exp(level)) / burst);
    for (let left = isBurst ? burstSize(dice, burst) : 0; left > 0; left--) opportunities.push(milliseconds(at + 1));
  }
  return { opportunities: [...opportunities, duration], bytesPerOpportunity: PACKET };
}

function outageLength(dice: Random): number {
  return SHORTEST_OUTAGE * (LONGEST_OUTAGE / SHORTEST_OUTAGE) ** dice.fraction();
}

function burstSize(dice: Random, mean: number): number {
  let size = 1;
  while (dice.happens(1 - 1 / mean)) size++;
  return size;
}

// Close enough to a normal distribution: the sum of twelve uniform ones.
function normal(dice: Random): number {
  let sum = -6;
  for (let term = 0; term < 12; term++) sum += dice.fraction();
  return sum;
}
