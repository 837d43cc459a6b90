import type { MemberLink } from "../link/member-link.ts";
import type { Milliseconds } from "../units.ts";

/** Decides which link carries the next fragment. */
export interface Scheduler {
  /**
   * The link that should carry the next fragment, or undefined when it should wait. Only links for which
   * `mayCarry(now)` holds may be chosen. `size` is what is left of the packet, `backlog` what waits behind it, in bytes;
   * `isStanding` says that something has been waiting for a while, so that speed counts and not the single packet.
   */
  pick(
    links: readonly MemberLink[],
    size: number,
    backlog: number,
    isStanding: boolean,
    now: Milliseconds,
  ): MemberLink | undefined;
  /** Notes that `link` carried a datagram of `size` bytes. */
  onCarried(link: MemberLink, size: number): void;
  /** Notes that `link` has come up, so that it gets its share from now on and none for the past. */
  onLinkUp(link: MemberLink, links: readonly MemberLink[]): void;
}
