import type { MemberLink } from "../link/member-link.ts";
import type { Milliseconds } from "../units.ts";

/** Decides which link carries the next fragment. */
export interface Scheduler {
  /**
   * The link that should carry the next fragment, or undefined when none may now. Only links for which
   * `mayCarry(now)` holds are candidates.
   */
  pick(links: readonly MemberLink[], now: Milliseconds): MemberLink | undefined;
  /** Notes that `link` carried a datagram of `size` bytes. */
  onCarried(link: MemberLink, size: number): void;
  /** Notes that `link` has come up, so that it gets its share from now on and none for the past. */
  onLinkUp(link: MemberLink, links: readonly MemberLink[]): void;
}
