import { linkForCopy } from "../link/arrival.ts";
import type { MemberLink } from "../link/member-link.ts";
import { NO_POSITION } from "../link/position-list.ts";
import { transmit } from "../link/transmit.ts";
import { NO_CELL } from "../packet/cell-pool.ts";
import { HEADROOM } from "../packet/packet-batch.ts";
import { earliest, type Milliseconds, milliseconds, NEVER } from "../units.ts";
import { DATAGRAM_FLAGS } from "../wire/datagram-header.ts";
import { FRAGMENT_HEADER_SIZE } from "../wire/frame-header.ts";
import type { CopyBudget } from "./copy-budget.ts";
import { frameLengthOf } from "./copy-note.ts";

const FRAME_OFFSET = HEADROOM - FRAGMENT_HEADER_SIZE;

/**
 * Sends on other links what is overdue on a line that changes all the time and has stalled, while nothing else waits: in
 * order, a flow gets nothing before that has come, soon has sent all that it may, and then every line is empty. What was
 * copied is not called lost, as it is still in the line's queue.
 */
export class Rescue {
  readonly #links: readonly MemberLink[];
  readonly #budget: CopyBudget;
  #polledAt: Milliseconds = milliseconds(Number.NEGATIVE_INFINITY);
  /** How many copies left. */
  count = 0;

  constructor(links: readonly MemberLink[], budget: CopyBudget) {
    this.#links = links;
    this.#budget = budget;
  }

  /** Sends what is overdue, as far as other links may carry it now. */
  poll(now: Milliseconds): void {
    this.#polledAt = now;
    for (const link of this.#links) {
      while (link.overdueAt() <= now && this.#send(link, now));
    }
  }

  /** When there is something to send. */
  nextTimeout(): Milliseconds {
    let next = NEVER;
    let isWaiting = false;
    for (const link of this.#links) {
      const at = link.overdueAt();
      if (at <= this.#polledAt) isWaiting = true;
      else next = earliest(next, at);
    }
    if (isWaiting) for (const link of this.#links) next = earliest(next, link.freeAfter(this.#polledAt));
    return next;
  }

  /** Sends the oldest fragment that is overdue on `link`; false when it has to wait. */
  #send(link: MemberLink, now: Milliseconds): boolean {
    const { sentPackets } = link;
    const position = sentPackets.oldestUncopied();
    if (position === NO_POSITION) return false;
    const cell = sentPackets.first(position);
    const note = sentPackets.second(position);
    const length = frameLengthOf(note);
    if (cell === NO_CELL || length === 0) {
      sentPackets.onCopied(position);
      return true;
    }
    const other = linkForCopy(this.#links, link, length, now);
    if (other === undefined || !this.#budget.take(length)) return false;
    sentPackets.onCopied(position);
    const flags = DATAGRAM_FLAGS.copy | (note & DATAGRAM_FLAGS.checksumPartial);
    transmit(other, cell + FRAME_OFFSET, length, 0, 0, flags, now);
    other.sentPackets.watch(NO_CELL, 0);
    other.keepalive.onCarried();
    this.count++;
    return true;
  }
}
