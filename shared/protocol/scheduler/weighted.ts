import type { MemberLink } from "../link/member-link.ts";
import { leastStanding, standingOf } from "../link/standing.ts";
import { type Milliseconds, milliseconds } from "../units.ts";
import type { Demand, Scheduler } from "./scheduler.ts";

// What a link that could not carry may catch up on, in the time that it takes to carry it: more than a pacer's burst,
// less than what would leave the other links without work.
const LARGEST_LAG_SECONDS = 0.01;

/**
 * Smooth weighted sharing by bandwidth, packet by packet (stride scheduling): every link has a virtual time that
 * advances by size / weight with what it carries, and the link with the smallest one is next.
 */
export class WeightedScheduler implements Scheduler {
  readonly name = "weighted";
  readonly copiesToAll = false;
  readonly usefulWait = milliseconds(0);
  readonly #virtualTime: number[] = [];
  /** The virtual time of the link that was chosen last: links that may carry are not behind it. */
  #now = 0;

  pick(links: readonly MemberLink[], _demand: Demand, now: Milliseconds): MemberLink | undefined {
    const standing = leastStanding(links);
    let chosen: MemberLink | undefined;
    let smallest = Number.POSITIVE_INFINITY;
    for (const link of links) {
      if (standingOf(link) !== standing || !link.mayCarry(now)) continue;
      const virtualTime = this.#of(link);
      // A link of a worse tier takes what the better ones have no room for.
      const tiers = chosen === undefined ? 0 : link.line.priority - chosen.line.priority;
      if (tiers > 0 || (tiers === 0 && virtualTime >= smallest)) continue;
      smallest = virtualTime;
      chosen = link;
    }
    if (chosen !== undefined) this.#now = Math.max(this.#now, smallest);
    return chosen;
  }

  onCarried(link: MemberLink, size: number): void {
    this.#virtualTime[link.ordinal] = this.#of(link) + size / link.weight;
  }

  onLinkUp(link: MemberLink, links: readonly MemberLink[]): void {
    let smallest = Number.POSITIVE_INFINITY;
    for (const other of links) {
      if (other !== link && other.isUp) smallest = Math.min(smallest, this.#of(other));
    }
    this.#virtualTime[link.ordinal] = smallest === Number.POSITIVE_INFINITY ? this.#now : smallest;
  }

  onFeedback(): void {
    // Weights are read when they are used.
  }

  #of(link: MemberLink): number {
    return Math.max(this.#virtualTime[link.ordinal] ?? 0, this.#now - LARGEST_LAG_SECONDS);
  }
}
