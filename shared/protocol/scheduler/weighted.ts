import type { MemberLink } from "../link/member-link.ts";
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
  readonly usefulWait = milliseconds(0);
  readonly #virtualTime: number[] = [];
  /** The virtual time of the link that was chosen last: links that may carry are not behind it. */
  #now = 0;

  pick(links: readonly MemberLink[], _demand: Demand, now: Milliseconds): MemberLink | undefined {
    let chosen: MemberLink | undefined;
    let smallest = Number.POSITIVE_INFINITY;
    for (const link of links) {
      if (!link.mayCarry(now)) continue;
      const virtualTime = this.#of(link);
      if (virtualTime < smallest) {
        smallest = virtualTime;
        chosen = link;
      }
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
