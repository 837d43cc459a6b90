// A queue holds what its links carry in this time, within these bounds.
const QUEUE_SECONDS = 0.3;
const LARGEST_QUEUE = 4 * 1024 * 1024;

/** The bytes that every queue may hold. */
export const SMALLEST_QUEUE = 96 * 1024;

/** How many bytes may wait for links that carry `rate` bytes per second together. */
export function queueLimit(rate: number): number {
  return Math.min(LARGEST_QUEUE, Math.max(SMALLEST_QUEUE, rate * QUEUE_SECONDS));
}
