import type { MemberLink } from "../link/member-link.ts";
import { type Milliseconds, UNLIMITED } from "../units.ts";
import type { Scheduler } from "./scheduler.ts";
import { WeightedScheduler } from "./weighted.ts";

/**
 * Sends each fragment on the link on which it arrives first: when the link is free, plus the time on the line, plus the
 * delay of the line. So a lone packet takes the fastest line, and a packet waits for it rather than take a slower one that
 * is free. A backlog uses a slower line as soon as the fragment arrives there no later than the end of the backlog would on
 * the faster ones, and a standing backlog uses every line that is free: then all lines together are what counts. While the
 * rate of a line is not known, nothing can be said of arrivals, and the lines are shared by weight.
 */
export class EarliestArrivalScheduler implements Scheduler {
  readonly #weighted = new WeightedScheduler();

  pick(
    links: readonly MemberLink[],
    size: number,
    backlog: number,
    isStanding: boolean,
    now: Milliseconds,
  ): MemberLink | undefined {
    if (!haveKnownRates(links)) return this.#weighted.pick(links, size, backlog, isStanding, now);
    let best: MemberLink | undefined;
    let free: MemberLink | undefined;
    let bestAt = Number.POSITIVE_INFINITY;
    let freeAt = Number.POSITIVE_INFINITY;
    for (const link of links) {
      if (!link.isUp || link.association === undefined) continue;
      const arrival = arrivalOn(link, size, now);
      if (arrival < bestAt) {
        best = link;
        bestAt = arrival;
      }
      if (arrival < freeAt && link.mayCarry(now)) {
        free = link;
        freeAt = arrival;
      }
    }
    if (free === best || isStanding || best === undefined || free === undefined) return free;
    return freeAt <= bestAt + transmissionTime(best, backlog) ? free : undefined;
  }

  onCarried(link: MemberLink, size: number): void {
    this.#weighted.onCarried(link, size);
  }

  onLinkUp(link: MemberLink, links: readonly MemberLink[]): void {
    this.#weighted.onLinkUp(link, links);
  }
}

function haveKnownRates(links: readonly MemberLink[]): boolean {
  for (const link of links) if (link.isUp && link.pacer.rate === UNLIMITED) return false;
  return true;
}

function arrivalOn(link: MemberLink, size: number, now: Milliseconds): number {
  const { minimum, smoothed } = link.roundTripTime;
  return link.pacer.busyUntil(now) + transmissionTime(link, size) + (minimum ?? smoothed ?? 0) / 2;
}

function transmissionTime(link: MemberLink, size: number): number {
  return (size * 1000) / link.pacer.rate;
}
