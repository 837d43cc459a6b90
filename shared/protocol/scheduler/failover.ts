import { nearestLink } from "../link/arrival.ts";
import type { MemberLink } from "../link/member-link.ts";
import { linksOfLeastStanding } from "../link/standing.ts";
import { type Milliseconds, milliseconds } from "../units.ts";
import { bestLink } from "./best-link.ts";
import type { Demand, Scheduler } from "./scheduler.ts";

/** Everything on the best link, and on the next best one while that is down, silent, reserved or benched. */
export class FailoverScheduler implements Scheduler {
  readonly name = "failover";
  readonly copiesToAll = false;
  readonly usefulWait = milliseconds(0);
  #current: MemberLink | undefined;

  pick(links: readonly MemberLink[], { size }: Demand, now: Milliseconds): MemberLink | undefined {
    const link = this.#current?.isUp === true ? this.#current : nearestLink(links, size, now);
    return link?.mayCarry(now) === true ? link : undefined;
  }

  onCarried(): void {
    // The best link carries all.
  }

  onLinkUp(): void {
    // It has to show what it can do.
  }

  onFeedback(links: readonly MemberLink[]): void {
    this.#current = bestLink(linksOfLeastStanding(links), this.#current);
  }
}
