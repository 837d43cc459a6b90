import type { QueueTarget } from "./queue-target.ts";
import { gainOf, type RateState, SMALLEST_STEP_GAIN } from "./rate-state.ts";

// A queue that is off the target is corrected within this time, in milliseconds: sooner where it changes fast.
const HORIZON = 150;
const RESTLESS_HORIZON = 100;
const SMALLEST_GAIN = 0.3;
// Twice as much is sent only until so many times the wanted queue shows that it is enough.
const MOST_WHILE_STARTING = 3;

/** How much is sent, as a multiple of what the line carries, while a packet sent now would wait `queue` milliseconds in it. */
export function pacedGain(state: RateState, { wanted, isRestless }: QueueTarget, queue: number): number {
  const isEnough = state.kind === "starting" && queue > MOST_WHILE_STARTING * wanted;
  const gain = isEnough ? 1 : gainOf(state);
  const missing = (wanted - queue) / (isRestless ? RESTLESS_HORIZON : HORIZON);
  const isTrying = gain > SMALLEST_STEP_GAIN && !isRestless;
  const isAtMost = state.kind === "policed" || gain < 1 || isTrying;
  return Math.max(SMALLEST_GAIN, gain + (isAtMost ? Math.min(0, missing) : missing));
}
