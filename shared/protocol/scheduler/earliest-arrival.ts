import type { Decisions } from "../decisions.ts";
import { arrivalOn, nearestLink } from "../link/arrival.ts";
import type { MemberLink } from "../link/member-link.ts";
import { type Milliseconds, milliseconds } from "../units.ts";
import { LARGE_PACKET, TRANSFER } from "./demand-size.ts";
import { LinkSet } from "./link-set.ts";
import type { Demand, Scheduler } from "./scheduler.ts";

// Packets come in bursts: a queue that is of use is longer by this factor at times.
const USEFUL_WAIT_SLACK = 1.25;

// RFC 9438 §4.6: CUBIC goes on with 0.7 of its window after a loss. With 0.43 of a round trip in the queue the links
// stay full meanwhile, if nothing is ever late: on a busy machine all processes are at times. While a copy is awaited, nothing is acknowledged, and what is in the queue keeps the links busy.
const SPARE = 0.4;
const LATE_AT_TIMES = 15;
const AFTER_LOSS = 0.7;
// A line that changes all the time stalls for tenths of a second. A flow that gave up a part of its window for what waits
// meanwhile would have too little for the steady lines, too, for seconds.
const RIDDEN_OUT = 200;
// Other flows have queues of their own and do not wait for it.
const LONGEST_SPARE = 300;

/**
 * Sends each fragment on the link on which it arrives first: when the link is free, plus the time on the line, plus the
 * delay of the line. A sparse packet waits for that link, if need be. Bulk is spread over the nearest links, as many as
 * it fills (`LinkSet`), and takes any of them that is free.
 */
export class EarliestArrivalScheduler implements Scheduler {
  readonly name = "earliest-arrival";
  readonly copiesToAll = false;
  readonly #bulkLinks = new LinkSet();

  get usefulWait(): Milliseconds {
    const { usefulWait, repairTime, isFindingRate, unrest } = this.#bulkLinks;
    const spare = isFindingRate ? LONGEST_SPARE : Math.min(LONGEST_SPARE, this.#spare + repairTime);
    return milliseconds(Math.max(USEFUL_WAIT_SLACK * usefulWait, spare, unrest.wasLate ? RIDDEN_OUT : 0));
  }

  /** How long a flow's queue is to be so that it has enough for the lines when they are at their best, too. */
  get #spare(): number {
    const { roundTrip, unrest } = this.#bulkLinks;
    const { swing, lateness } = unrest;
    // A window for the lines at their best is not too large because they are not for a moment.
    if (lateness === 0) return ((1 + SPARE) * swing - 1) * roundTrip + LATE_AT_TIMES;
    // CUBIC needs seconds to have again what it gave up, so a line that changes all the time has to leave it enough.
    return (swing / AFTER_LOSS - 1) * (roundTrip + lateness) + lateness;
  }

  pick(links: readonly MemberLink[], { size, isBulk, backlog }: Demand, now: Milliseconds): MemberLink | undefined {
    if (!isBulk) {
      const nearest = nearestLink(links, size >= LARGE_PACKET ? TRANSFER : size, now);
      return nearest?.mayCarry(now) === true ? nearest : undefined;
    }
    const free = this.#freeForBulk(links, size, now);
    if (free !== undefined || !this.#bulkLinks.grow(backlog, now)) return free;
    return this.#freeForBulk(links, size, now);
  }

  onCarried(_link: MemberLink, size: number): void {
    this.#bulkLinks.onCarried(size);
  }

  onLinkUp(): void {
    // What a link can do shows in what is measured of it.
  }

  onFeedback(links: readonly MemberLink[], backlog: number, now: Milliseconds): void {
    this.#bulkLinks.refresh(links, backlog, now);
  }

  explainTo(decisions: Decisions): void {
    this.#bulkLinks.decisions = decisions;
  }

  /** Of the links that bulk is spread over and that are free, the one on which it arrives first. */
  #freeForBulk(links: readonly MemberLink[], size: number, now: Milliseconds): MemberLink | undefined {
    let best: MemberLink | undefined;
    let bestAt = Number.POSITIVE_INFINITY;
    for (const link of links) {
      if (!this.#bulkLinks.has(link) || !link.mayCarry(now)) continue;
      const arrival = arrivalOn(link, size, now);
      if (arrival >= bestAt) continue;
      best = link;
      bestAt = arrival;
    }
    return best;
  }
}
