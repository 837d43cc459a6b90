import type { MemberLink } from "../link/member-link.ts";
import type { Milliseconds } from "../units.ts";
import type { Scheduler } from "./scheduler.ts";

/**
 * Smooth weighted sharing by bandwidth, packet by packet (stride scheduling): every link has a virtual time that
 * advances by size / weight with what it carries, and the link with the smallest one is next.
 */
export class WeightedScheduler implements Scheduler {
  readonly #virtualTime: number[] = [];

  pick(links: readonly MemberLink[], now: Milliseconds): MemberLink | undefined {
    let chosen: MemberLink | undefined;
    let smallest = Number.POSITIVE_INFINITY;
    for (const link of links) {
      if (!link.mayCarry(now)) continue;
      const virtualTime = this.#virtualTime[link.ordinal] ?? 0;
      if (virtualTime < smallest) {
        smallest = virtualTime;
        chosen = link;
      }
    }
    return chosen;
  }

  onCarried(link: MemberLink, size: number): void {
    this.#virtualTime[link.ordinal] = (this.#virtualTime[link.ordinal] ?? 0) + size / link.weight;
  }

  onLinkUp(link: MemberLink, links: readonly MemberLink[]): void {
    let smallest = Number.POSITIVE_INFINITY;
    for (const other of links) {
      if (other === link || !other.isUp) continue;
      smallest = Math.min(smallest, this.#virtualTime[other.ordinal] ?? 0);
    }
    if (smallest !== Number.POSITIVE_INFINITY) this.#virtualTime[link.ordinal] = smallest;
  }
}
