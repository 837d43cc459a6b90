import type { MemberLink } from "../link/member-link.ts";
import type { Milliseconds } from "../units.ts";

// The segments of a super-packet stay on a link for so long by its rate, before the best one is looked for again. At 5
// Gbit/s that is a whole one of 64 KiB: with half as long, two links took 10 to 35 % more of a packet's time on the way out.
const RUN_SECONDS = 100e-6;

/** The link that a run of segments is being sent on: to look for the best one with each costs more than it brings. */
export class RunLink {
  #link: MemberLink | undefined;
  #room = 0;

  /** The link of the run; undefined when there is none. */
  get link(): MemberLink | undefined {
    return this.#link;
  }

  /** How many bytes more the link may take of the run. */
  get room(): number {
    return this.#room;
  }

  /** Notes that so many bytes more of the run have left on its link. */
  spend(bytes: number): void {
    this.#room -= bytes;
  }

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
