import { type Milliseconds, milliseconds } from "../units.ts";
import type { MemberLink } from "./member-link.ts";

/** When a datagram of `size` bytes arrives that is given to a link now, by the sender's clock and half a round trip. */
export function arrivalOn(link: MemberLink, size: number, now: Milliseconds): Milliseconds {
  const { minimum, smoothed } = link.roundTripTime;
  const sent = link.pacer.busyUntil(now) + (size * 1000) / link.pacer.rate;
  return milliseconds(sent + (minimum ?? smoothed ?? 0) / 2 + link.estimator.queue.current);
}

/**
 * The link on which a datagram arrives first, free or not, `except` one; a link that went silent only when there is no
 * other.
 */
export function nearestLink(
  links: readonly MemberLink[],
  size: number,
  now: Milliseconds,
  except?: MemberLink,
): MemberLink | undefined {
  let best: MemberLink | undefined;
  let bestAt = Number.POSITIVE_INFINITY;
  for (const link of links) {
    if (!link.isUp || link.association === undefined || link === except) continue;
    if (best !== undefined && link.isSilent && !best.isSilent) continue;
    const arrival = arrivalOn(link, size, now);
    if (arrival >= bestAt && (link.isSilent || best?.isSilent !== true)) continue;
    best = link;
    bestAt = arrival;
  }
  return best;
}
