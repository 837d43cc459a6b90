import type { MemberLink } from "../link/member-link.ts";
import { linksOfLeastStanding } from "../link/standing.ts";
import { transmit } from "../link/transmit.ts";
import { NO_CELL } from "../packet/cell-pool.ts";
import type { Milliseconds } from "../units.ts";
import { DATAGRAM_FLAGS } from "../wire/datagram-header.ts";

/** The links on which copies of everything leave, as far as they are free: all in use, or those that are tried. */
export class Mirrors {
  #links: readonly MemberLink[] = [];
  /** How many copies left. */
  sent = 0;

  /** Whether there is any such link. */
  get isActive(): boolean {
    return this.#links.length > 0;
  }

  /** Takes over the links that are tried, and those of the bundle when every packet goes on all of them. */
  update(all: readonly MemberLink[], copiesToAll: boolean, trials: readonly MemberLink[]): void {
    this.#links = copiesToAll ? [...linksOfLeastStanding(all), ...trials] : trials;
  }

  /** Sends copies of a frame that just left on `link`. */
  send(
    link: MemberLink,
    head: number,
    headLength: number,
    body: number,
    bodyLength: number,
    isPartial: boolean,
    now: Milliseconds,
  ): void {
    const length = headLength + bodyLength;
    const flags = DATAGRAM_FLAGS.copy | (isPartial ? DATAGRAM_FLAGS.checksumPartial : 0);
    for (const other of this.#links) {
      if (other === link || length > other.largestFrame || !other.mayCarry(now)) continue;
      transmit(other, head, headLength, body, bodyLength, flags, now);
      other.sentPackets.watch(NO_CELL, 0);
      this.sent++;
    }
  }
}
