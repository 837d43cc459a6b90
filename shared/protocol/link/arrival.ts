import { type Milliseconds, milliseconds } from "../units.ts";
import type { MemberLink } from "./member-link.ts";
import { STANDING, standingOf } from "./standing.ts";

// Standings are few, and so are tiers.
const TIERS = 256;

/** When a datagram of `size` bytes arrives that is given to a link now, by the sender's clock and half a round trip. */
export function arrivalOn(link: MemberLink, size: number, now: Milliseconds): Milliseconds {
  const { minimum, smoothed } = link.roundTripTime;
  const sent = link.pacer.busyUntil(now) + (size * 1000) / link.pacer.rate;
  return milliseconds(sent + (minimum ?? smoothed ?? 0) / 2 + link.estimator.queue.currentAt(now));
}

/**
 * The link on which a datagram arrives first, free or not, `except` one: of the best standing and, among those, of the
 * best tier.
 */
export function nearestLink(
  links: readonly MemberLink[],
  size: number,
  now: Milliseconds,
  except?: MemberLink,
): MemberLink | undefined {
  let best: MemberLink | undefined;
  let bestPlace: number = STANDING.none * TIERS;
  let bestAt = Number.POSITIVE_INFINITY;
  for (const link of links) {
    if (link === except) continue;
    const place = placeOf(link, now);
    if (place > bestPlace || place >= STANDING.none * TIERS) continue;
    const arrival = arrivalOn(link, size, now) + link.estimator.target.unrest;
    if (place === bestPlace && arrival >= bestAt) continue;
    best = link;
    bestPlace = place;
    bestAt = arrival;
  }
  return best;
}

/** The nearest link for a copy of what `link` carries, if that is in use, of no later tier, and free now. */
export function linkForCopy(
  links: readonly MemberLink[],
  link: MemberLink,
  size: number,
  now: Milliseconds,
): MemberLink | undefined {
  const other = nearestLink(links, size, now, link);
  const mayTake = other?.use.kind === "used" && !other.isSilent && other.line.priority <= link.line.priority;
  return mayTake && size <= other.largestFrame && other.mayCarry(now) ? other : undefined;
}

/** Standing before tier; a link of which too much is under way already has stalled, and a packet would wait there. */
function placeOf(link: MemberLink, now: Milliseconds): number {
  const standing = standingOf(link);
  const isStalled = standing === STANDING.used && (!link.hasRoomInFlight || link.hasStalled(now));
  return (isStalled ? STANDING.stalled : standing) * TIERS + link.line.priority;
}
