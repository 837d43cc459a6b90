import { nearestLink } from "../link/arrival.ts";
import type { MemberLink } from "../link/member-link.ts";
import { linksOfLeastStanding } from "../link/standing.ts";
import { type Milliseconds, milliseconds } from "../units.ts";
import { bestLink } from "./best-link.ts";
import type { Demand, Scheduler } from "./scheduler.ts";

/**
 * Every packet on every link, for traffic that is worth it: it leaves on one link as without the others, a sparse packet
 * on the one where it arrives first and bulk on the fastest, and at the same time as a copy on each other link that is
 * free. So the bundle carries what its fastest link does, and slower links copy as much as they can.
 */
export class RedundantScheduler implements Scheduler {
  readonly name = "redundant";
  readonly copiesToAll = true;
  readonly usefulWait = milliseconds(0);
  #fastest: MemberLink | undefined;

  pick(links: readonly MemberLink[], { size, isBulk }: Demand, now: Milliseconds): MemberLink | undefined {
    const link = isBulk && this.#fastest?.isUp === true ? this.#fastest : nearestLink(links, size, now);
    return link?.mayCarry(now) === true ? link : undefined;
  }

  onCarried(): void {
    // Links are chosen by what they are, not by what they carried.
  }

  onLinkUp(): void {
    this.#fastest = undefined;
  }

  onFeedback(links: readonly MemberLink[]): void {
    this.#fastest = bestLink(linksOfLeastStanding(links), this.#fastest);
  }
}
