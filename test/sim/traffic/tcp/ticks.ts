/** The period of the kernel's clock in milliseconds, as Debian builds it: 250 Hz. */
export const TICK = 4;

/** A time in milliseconds in whole ticks. */
export function ticksOf(time: number): number {
  return Math.floor(time / TICK);
}
