import type { MemberLink } from "../link/member-link.ts";

// What a link is judged by: how long so much takes on it, there with what waits and back.
const TRANSFER = 64 * 1024;

// A link that is only a little better than the one in use is not worth the change.
const CLEARLY_BETTER = 0.7;

/** The best of some links for all traffic alone: of the best tier, and soonest done. `current` stays unless clearly worse. */
export function bestLink(links: readonly MemberLink[], current: MemberLink | undefined): MemberLink | undefined {
  let best: MemberLink | undefined;
  for (const link of links) if (best === undefined || isBetter(link, best, 1)) best = link;
  const stays =
    current !== undefined &&
    best !== undefined &&
    links.includes(current) &&
    !isBetter(best, current, CLEARLY_BETTER);
  return stays ? current : best;
}

function isBetter(link: MemberLink, other: MemberLink, factor: number): boolean {
  if (link.line.priority !== other.line.priority) return link.line.priority < other.line.priority;
  return transferTime(link) < factor * transferTime(other);
}

function transferTime({ roundTripTime, estimator, sendLoss }: MemberLink): number {
  const roundTrip = roundTripTime.minimum ?? roundTripTime.smoothed ?? 0;
  return (roundTrip + (TRANSFER * 1000) / estimator.capacity) / (1 - Math.min(0.9, sendLoss.share));
}
