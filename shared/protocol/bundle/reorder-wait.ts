import type { MemberLink } from "../link/member-link.ts";
import { type Milliseconds, milliseconds } from "../units.ts";

// The wait is what the links' delays differ by, and a slack for the receiver's own rounds, within these bounds.
const SHORTEST_WAIT = 20;
const SLACK = 15;
const UNMEASURED_WAIT = 200;

/** How long a missing fragment is waited for before it is lost, at most `limit`: until the slowest link has brought it. */
export function reorderWait(links: readonly MemberLink[], limit: Milliseconds): Milliseconds {
  let slowest = 0;
  let fastest = Number.POSITIVE_INFINITY;
  for (const { isUp, roundTripTime } of links) {
    if (!isUp) continue;
    const { smoothed, variation, minimum } = roundTripTime;
    if (smoothed === undefined) return milliseconds(Math.min(UNMEASURED_WAIT, limit));
    slowest = Math.max(slowest, smoothed + 4 * variation);
    fastest = Math.min(fastest, minimum ?? smoothed);
  }
  return milliseconds(Math.min(Math.max(SHORTEST_WAIT, slowest - fastest + SLACK), limit));
}
