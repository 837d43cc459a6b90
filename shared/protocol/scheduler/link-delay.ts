import type { MemberLink } from "../link/member-link.ts";

// A link that has not answered yet is taken for a far one.
const UNKNOWN_ROUND_TRIP = 500;

const FULL_PACKET = 1500;

/** What a link carries in bytes per second, or where that changes all the time, may carry again at any moment: it is not given up for less. */
export function usualCapacityOf({ estimator }: MemberLink): number {
  return Math.max(estimator.capacity, estimator.target.bestRate);
}

/** How many milliseconds a full packet takes on a link that nothing waits for, as far as round trips tell. */
export function delayOf(link: MemberLink): number {
  const { roundTripTime, estimator } = link;
  const roundTrip = roundTripTime.minimum ?? roundTripTime.smoothed ?? UNKNOWN_ROUND_TRIP;
  return roundTrip / 2 + (FULL_PACKET * 1000) / usualCapacityOf(link) + 2 * estimator.target.jitter;
}
