import { type Milliseconds, milliseconds } from "../units.ts";

// A queue holds what its links carry in this time, within these bounds.
const QUEUE_TIME = 300;
const LARGEST_QUEUE = 4 * 1024 * 1024;

// What may wait with profit is to be ended by CoDel's few drops, not by an overflow's many: bursts are longer.
const USEFUL_WAIT_SLACK = 1.5;

/** The bytes that every queue may hold. */
export const SMALLEST_QUEUE = 96 * 1024;

/**
 * How many bytes may wait for links that carry `rate` bytes per second together, and in whose queue bulk waits for up to
 * `usefulWait` with profit.
 */
export function queueLimit(rate: number, usefulWait: Milliseconds = milliseconds(0)): number {
  const time = Math.max(QUEUE_TIME, USEFUL_WAIT_SLACK * usefulWait);
  return Math.min(LARGEST_QUEUE, Math.max(SMALLEST_QUEUE, (rate * time) / 1000));
}
