import type { Decisions } from "../decisions.ts";
import type { MemberLink } from "../link/member-link.ts";
import type { Milliseconds } from "../units.ts";

/** What is to be sent; one object is used for one packet after the other. */
export type Demand = {
  /** What is left of the packet, in bytes. */
  size: number;
  /** Whether its flow builds up a queue, so that its speed counts and not the single packet. */
  isBulk: boolean;
  /** How many bytes wait behind it. */
  backlog: number;
};

/** Decides which link carries the next fragment. */
export interface Scheduler {
  /** The name that the configuration knows it by. */
  readonly name: string;
  /** Whether everything is to leave on all other links too that are free, as copies. */
  readonly copiesToAll: boolean;
  /**
   * The link that should carry the next fragment, or undefined when it should wait. Only links for which
   * `mayCarry(now)` holds may be chosen.
   */
  pick(links: readonly MemberLink[], demand: Demand, now: Milliseconds): MemberLink | undefined;
  /** Notes that `link` carried a datagram that takes `size` bytes of its line. */
  onCarried(link: MemberLink, size: number): void;
  /** Notes that `link` has come up, so that it gets its share from now on and none for the past. */
  onLinkUp(link: MemberLink, links: readonly MemberLink[]): void;
  /** Takes over what was measured of the links since; `backlog` is what waits, in bytes. */
  onFeedback(links: readonly MemberLink[], backlog: number, now: Milliseconds): void;
  /** Says where to note decisions; left out by schedulers that make none beside those for each packet. */
  explainTo?(decisions: Decisions): void;
  /** How long bulk may wait in the queue with profit: until one more link is of use, or so that the links stay full. */
  readonly usefulWait: Milliseconds;
}
