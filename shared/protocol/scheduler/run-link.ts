import type { MemberLink } from "../link/member-link.ts";
import type { Milliseconds } from "../units.ts";

// The segments of a super-packet stay on a link for so long by its rate, before the best one is looked for again.
const RUN_SECONDS = 50e-6;

/** The link that a run of segments is being sent on: to look for the best one with each costs more than it brings. */
export class RunLink {
  #link: MemberLink | undefined;
  /** How many bytes more it may take. */
  #room = 0;

  /** The link, if it takes `size` bytes more of the run. */
  take(size: number, now: Milliseconds): MemberLink | undefined {
    if (this.#link === undefined || this.#room < size || !this.#link.mayCarry(now)) return undefined;
    this.#room -= size;
    return this.#link;
  }

  /** Notes that `size` bytes of the run go to a link, which is the best one now. */
  begin(link: MemberLink | undefined, size: number): void {
    this.#link = link;
    this.#room = RUN_SECONDS * (link?.pacer.rate ?? 0) - size;
  }

  /** Ends the run: what comes next is none of it, nor are the parts of one packet a run. */
  end(): void {
    this.#link = undefined;
  }
}
