import type { Fragment } from "../bundle/fragment.ts";
import { REAL_TIME_CLASS } from "../bundle/traffic-class.ts";
import { arrivalOn, linkForCopy, nearestLink } from "../link/arrival.ts";
import type { MemberLink } from "../link/member-link.ts";
import type { SentRun } from "../link/sent-ring.ts";
import { standingOf } from "../link/standing.ts";
import { transmit } from "../link/transmit.ts";
import type { Arena } from "../packet/arena.ts";
import { CELL_SIZE, type CellPool, NO_CELL } from "../packet/cell-pool.ts";
import { HEADROOM } from "../packet/packet-batch.ts";
import type { TransmitBatch } from "../packet/transmit-batch.ts";
import { earliest, type Milliseconds, milliseconds, NEVER } from "../units.ts";
import { DATAGRAM_FLAGS } from "../wire/datagram-header.ts";
import { FRAGMENT_HEADER_SIZE, readFragmentClass } from "../wire/frame-header.ts";
import { CopyBudget } from "./copy-budget.ts";
import { frameLengthOf, isLastTry, nextTry, noteFor } from "./copy-note.ts";
import { Redundancy } from "./redundancy.ts";
import { Rescue } from "./rescue.ts";
import { WaitingCopies } from "./waiting-copies.ts";

// A copy of a call's packet that comes later than this is of no use to it.
const REAL_TIME_USEFUL_FOR = 250;
// The peer gives up a missing packet after less than this.
const USEFUL_FOR = 1000;

// Cells that copies leave to what waits for order or for a link.
const SPARED_SHARE = 1 / 4;

const FRAME_OFFSET = HEADROOM - FRAGMENT_HEADER_SIZE;
const NO_ROUND = -1;
const LARGEST_FRAME = CELL_SIZE - FRAME_OFFSET;

/** What recovery did in a bundle. */
export class RecoveryCounters {
  /** Fragments that were found lost, that were sent again, and that were given up for want of budget, time or memory. */
  lost = 0;
  sentAgain = 0;
  sentAgainBytes = 0;
  givenUp = 0;
  /** The bytes of frames that arrived, but for copies that were sent beside an original. */
  deliveredBytes = 0;
  /** Fragments that were sent twice at once. */
  sentTwice = 0;
}

/**
 * Sends again what was lost, while it is of use and within a budget: every fragment is kept in a cell until the peer
 * reports it, and goes out again as a copy on the link on which it arrives first.
 */
export class Recovery {
  readonly counters = new RecoveryCounters();
  readonly budget = new CopyBudget();
  readonly redundancy = new Redundancy();
  readonly rescue: Rescue;
  readonly #bytes: Uint8Array;
  readonly #cells: CellPool;
  readonly #links: readonly MemberLink[];
  readonly #waiting = new WaitingCopies();
  #polledAt: Milliseconds = milliseconds(Number.NEGATIVE_INFINITY);
  /** The round of the cells in which something was found lost that had been sent in that same round. */
  #freshIn = NO_ROUND;
  /** Whether fragments are sent again at all. */
  isOn = true;

  constructor(arena: Arena, cells: CellPool, links: readonly MemberLink[]) {
    this.#bytes = arena.bytes;
    this.#cells = cells;
    this.#links = links;
    this.rescue = new Rescue(links, this.budget);
  }

  get isEmpty(): boolean {
    return this.#waiting.isEmpty;
  }

  /**
   * Watches a fragment that was just sent on `link`: `length` bytes of `fragment` behind a header. It is kept where it
   * lies when that is a cell of its own, else copied when the batch is written.
   */
  watch(link: MemberLink, fragment: Fragment, length: number, isPartial: boolean): void {
    const cell = this.#keep(link, fragment, length);
    link.sentPackets.watch(cell, noteFor(FRAGMENT_HEADER_SIZE + length, isPartial));
  }

  /** Lets the rows of a run, which were added last to a batch, be kept: notes the cell of each. */
  keepRun(batch: TransmitBatch, { count, firsts, second }: SentRun): void {
    const kept = frameLengthOf(second) <= LARGEST_FRAME ? Math.min(count, this.#keepable) : 0;
    this.#cells.takeRun(firsts, kept);
    batch.copyRun(batch.count - count, firsts, kept, FRAME_OFFSET);
    firsts.fill(NO_CELL, kept, count);
  }

  /** Takes what became known of the packets of a link: frees what arrived, and queues again what is lost. */
  onFeedback({ sentPackets }: MemberLink, now: Milliseconds): void {
    const { acknowledged, lost } = sentPackets;
    for (let place = 0; place < acknowledged.count; place++) {
      const position = acknowledged.at(place);
      this.counters.deliveredBytes += frameLengthOf(sentPackets.second(position));
      const cell = sentPackets.takeFirst(position, NO_CELL);
      if (cell !== NO_CELL) this.#cells.release(cell);
    }
    for (let place = 0; place < lost.count; place++) {
      const position = lost.at(place);
      const cell = sentPackets.takeFirst(position, NO_CELL);
      this.counters.lost++;
      if (cell === NO_CELL) continue;
      const age = now - sentPackets.sentAt(position);
      this.#queue(cell, sentPackets.second(position), age);
    }
    sentPackets.clearLists();
  }

  /** Sends a frame that just left on `link` once more on the next best link, if one is free and the budget allows. */
  sendTwice(
    link: MemberLink,
    head: number,
    headLength: number,
    body: number,
    bodyLength: number,
    isPartial: boolean,
    now: Milliseconds,
  ): void {
    const length = headLength + bodyLength;
    const other = linkForCopy(this.#links, link, length, now);
    if (other === undefined || !this.budget.take(length)) return;
    const flags = DATAGRAM_FLAGS.copy | (isPartial ? DATAGRAM_FLAGS.checksumPartial : 0);
    transmit(other, head, headLength, body, bodyLength, flags, now);
    other.sentPackets.watch(NO_CELL, 0);
    this.counters.sentTwice++;
  }

  /**
   * Sends what is to be sent again, as far as links may carry it; false when something waits that a link that is free now
   * may be the best for. What waits for a busy link does not keep others from the rest of the traffic.
   */
  poll(now: Milliseconds): boolean {
    this.#polledAt = now;
    // A cell that was asked for in this round is still empty.
    if (this.#freshIn === this.#cells.rounds) return this.#waiting.isEmpty;
    while (!this.#waiting.isEmpty) {
      const { cell, note } = this.#waiting;
      const length = frameLengthOf(note);
      const link = this.#linkFor(length, now);
      if (link === undefined) return true;
      this.#waiting.shift();
      const flags = DATAGRAM_FLAGS.copy | (note & DATAGRAM_FLAGS.checksumPartial);
      const size = transmit(link, cell + FRAME_OFFSET, length, 0, 0, flags, now);
      link.sentPackets.watch(cell, nextTry(note));
      link.keepalive.onCarried();
      this.counters.sentAgain++;
      this.counters.sentAgainBytes += size;
    }
    return true;
  }

  /** When a link can carry what waits, as far as clocks tell. */
  nextTimeout(): Milliseconds {
    let next = NEVER;
    if (this.#waiting.isEmpty) return next;
    if (this.#freshIn === this.#cells.rounds) return this.#polledAt;
    for (const link of this.#links) next = earliest(next, link.freeAfter(this.#polledAt));
    return next;
  }

  /** Gives up everything that waits and everything that is kept on a link that leaves the bundle. */
  forget(link: MemberLink): void {
    const { sentPackets } = link;
    sentPackets.abandon();
    for (let place = 0; place < sentPackets.lost.count; place++) {
      const cell = sentPackets.takeFirst(sentPackets.lost.at(place), NO_CELL);
      if (cell !== NO_CELL) this.#cells.release(cell);
    }
    sentPackets.clearLists();
  }

  /** Drops what waits to be sent again. */
  clear(): void {
    while (!this.#waiting.isEmpty) {
      this.#cells.release(this.#waiting.cell);
      this.#waiting.shift();
    }
  }

  /**
   * The link on which a copy arrives first, if that is free; else another that is, on which it arrives before the last
   * of the copies that wait would arrive on the first: what a fast line has lost would keep a slow one busy for seconds.
   */
  #linkFor(length: number, now: Milliseconds): MemberLink | undefined {
    const nearest = nearestLink(this.#links, length, now);
    if (nearest === undefined || nearest.mayCarry(now)) return nearest;
    const standing = standingOf(nearest);
    let best: MemberLink | undefined;
    let bestAt = arrivalOn(nearest, this.#waiting.count * length, now);
    for (const link of this.#links) {
      const isAsGood = standingOf(link) === standing && link.line.priority === nearest.line.priority;
      if (!isAsGood || !link.mayCarry(now)) continue;
      const arrival = arrivalOn(link, length, now);
      if (arrival >= bestAt) continue;
      best = link;
      bestAt = arrival;
    }
    return best;
  }

  #keep({ outlet }: MemberLink, fragment: Fragment, length: number): number {
    const frame = FRAGMENT_HEADER_SIZE + length;
    if (fragment.cell !== NO_CELL && length === fragment.length && this.#mayKeep(frame)) {
      fragment.isKept = true;
      return fragment.cell;
    }
    return outlet === undefined ? NO_CELL : this.#keepRow(outlet.batch, outlet.batch.count - 1, frame);
  }

  /** Lets a row of a batch, a frame, be copied into a cell when the batch is written; NO_CELL if it is not. */
  #keepRow(batch: TransmitBatch, row: number, frame: number): number {
    const cell = this.#mayKeep(frame) ? this.#cells.take() : NO_CELL;
    if (cell !== NO_CELL) batch.copyRow(row, cell + FRAME_OFFSET);
    return cell;
  }

  #mayKeep(frame: number): boolean {
    return this.#keepable > 0 && frame <= LARGEST_FRAME;
  }

  /** How many cells may be taken for copies. */
  get #keepable(): number {
    const { freeCount, capacity } = this.#cells;
    const spare = freeCount - Math.ceil(capacity * SPARED_SHARE) + 1;
    return this.isOn ? Math.min(spare, freeCount) : 0;
  }

  #queue(cell: number, note: number, age: number): void {
    if (age <= 0) this.#freshIn = this.#cells.rounds;
    const isRealTime = readFragmentClass(this.#bytes, cell + FRAME_OFFSET) === REAL_TIME_CLASS;
    const isUseful = age <= (isRealTime ? REAL_TIME_USEFUL_FOR : USEFUL_FOR) && !isLastTry(note);
    if (isUseful && this.budget.take(frameLengthOf(note))) {
      this.#waiting.push(cell, note);
      return;
    }
    this.counters.givenUp++;
    this.#cells.release(cell);
  }
}
