import { CHECKSUM_PARTIAL, type Fragment, PINNED, URGENT } from "./bundle/fragment.ts";
import { SendingOrder } from "./bundle/sending-order.ts";
import type { MemberLink } from "./link/member-link.ts";
import { transmit } from "./link/transmit.ts";
import { NullFragments } from "./null-fragments.ts";
import type { Arena } from "./packet/arena.ts";
import { type CellPool, NO_CELL } from "./packet/cell-pool.ts";
import type { PacketBatch } from "./packet/packet-batch.ts";
import { Mirrors } from "./recovery/mirrors.ts";
import { Recovery } from "./recovery/recovery.ts";
import type { RunLink } from "./scheduler/run-link.ts";
import type { Scheduler } from "./scheduler/scheduler.ts";
import { SegmentSender, type SentSegments } from "./segment-sender.ts";
import type { Milliseconds } from "./units.ts";
import { DATAGRAM_FLAGS } from "./wire/datagram-header.ts";
import { BEGIN, END, FRAGMENT_HEADER_SIZE, writeFragmentHeader } from "./wire/frame-header.ts";

const NO_CLASS = -1;

/** What a fragment is sent with. */
export type FragmentSenderOptions = {
  readonly arena: Arena;
  readonly cells: CellPool;
  readonly links: readonly MemberLink[];
  readonly scheduler: Scheduler;
  /** Whether the peer is told which packets are pinned. */
  readonly tellsPinned: boolean;
};

/** Lets fragments leave on links that were chosen for them: sequence number, header, seal, and what watches over them. */
export class FragmentSender {
  readonly order = new SendingOrder();
  readonly mirrors = new Mirrors();
  readonly recovery: Recovery;
  readonly nulls: NullFragments;
  readonly #segments: SegmentSender;
  readonly #bytes: Uint8Array;
  readonly #cells: CellPool;
  readonly #tellsPinned: boolean;
  #openClass = NO_CLASS;
  scheduler: Scheduler;

  constructor({ arena, cells, links, scheduler, tellsPinned }: FragmentSenderOptions) {
    this.#bytes = arena.bytes;
    this.#cells = cells;
    this.#tellsPinned = tellsPinned;
    this.scheduler = scheduler;
    this.recovery = new Recovery(arena, cells, links);
    this.nulls = new NullFragments(this.order, links, this.#sendNull.bind(this));
    this.#segments = new SegmentSender(this.order, this.recovery);
  }

  /** Whether a packet of the class was sent in part: no other one may leave in it before the rest (RFC 1990 §3). */
  isOpen(trafficClass: number): boolean {
    return this.#openClass === trafficClass;
  }

  /** Notes that the rest of what was sent in part does not come. */
  giveUpRest(): void {
    this.#openClass = NO_CLASS;
  }

  /** Sends the first `taken` bytes of what is left of a packet; false when there is no cell for its header. */
  send(link: MemberLink, fragment: Fragment, taken: number, now: Milliseconds): boolean {
    const header = this.#headerOffset(fragment);
    if (header === NO_CELL) return false;
    const fromHead = Math.min(taken, fragment.headLength);
    const isLast = taken === fragment.length;
    const flags = (fragment.flags & BEGIN) | (isLast ? fragment.flags & END : 0);
    const sequence = this.order.take(fragment.trafficClass, link.ordinal);
    writeFragmentHeader(this.#bytes, header, flags, fragment.trafficClass, sequence); // wire/
    this.#openClass = (flags & END) === 0 ? fragment.trafficClass : NO_CLASS;
    const isPartial = (fragment.flags & CHECKSUM_PARTIAL) !== 0;
    const isPinned = (fragment.flags & PINNED) !== 0;
    const isAhead = fragment.hasHeadroom;
    const headLength = FRAGMENT_HEADER_SIZE + (isAhead ? fromHead : 0);
    const body = isAhead || fromHead === 0 ? fragment.bodyOffset : fragment.headOffset;
    const bodyLength = isAhead ? taken - fromHead : taken;
    const pinnedFlag = isPinned && this.#tellsPinned ? DATAGRAM_FLAGS.pinned : 0;
    const datagramFlags = pinnedFlag | (isPartial ? DATAGRAM_FLAGS.checksumPartial : 0);
    this.#transmit(link, header, headLength, body, bodyLength, datagramFlags, now);
    this.recovery.watch(link, fragment, taken, isPartial); // recovery/
    // What is bound to one link is nowhere else, while that answers.
    if (!isPinned) {
      if (this.mirrors.isActive) this.mirrors.send(link, header, headLength, body, bodyLength, isPartial, now);
      if (this.#isTwofold(fragment))
        this.recovery.sendTwice(link, header, headLength, body, bodyLength, isPartial, now);
    }
    if (!isAhead) this.#cells.release(header);
    link.keepalive.onCarried();
    this.nulls.onSent(now);
    return true;
  }

  /**
   * Sends rows `from` to `to` - 1 of a batch whole on the link of a run, of which the first is `like` and has its room
   * in the run already, and the others are alike, as far as the link takes them; answers what left, which may be nothing.
   */
  sendSegments(
    run: RunLink,
    like: Fragment,
    protocol: number,
    batch: PacketBatch,
    from: number,
    to: number,
    now: Milliseconds,
  ): SentSegments {
    const isCopied = this.mirrors.isActive || this.#isTwofold(like);
    const sent = this.#segments.send(run, like, protocol, batch, from, isCopied ? from : to, now);
    if (sent.count === 0 || run.link === undefined) return sent;
    this.#openClass = NO_CLASS;
    run.link.keepalive.onCarried();
    this.nulls.onSent(now);
    this.recovery.budget.onSent(sent.bytes);
    this.scheduler.onCarried(run.link, sent.lineBytes);
    return sent;
  }

  #isTwofold(fragment: Fragment): boolean {
    return (fragment.flags & URGENT) !== 0 && this.recovery.redundancy.isNeeded && !this.scheduler.copiesToAll;
  }

  /** Sends a null fragment (RFC 1990 §4.1), if there is a cell for it. */
  #sendNull(link: MemberLink, trafficClass: number, now: Milliseconds): void {
    const header = this.#cells.take();
    if (header === NO_CELL) return;
    const sequence = this.order.pass(trafficClass, link.ordinal);
    writeFragmentHeader(this.#bytes, header, BEGIN | END, trafficClass, sequence);
    this.#transmit(link, header, FRAGMENT_HEADER_SIZE, 0, 0, 0, now);
    this.#cells.release(header);
  }

  #headerOffset(fragment: Fragment): number {
    return fragment.hasHeadroom ? fragment.headOffset - FRAGMENT_HEADER_SIZE : this.#cells.take();
  }

  #transmit(
    link: MemberLink,
    headOffset: number,
    headLength: number,
    bodyOffset: number,
    bodyLength: number,
    flags: number,
    now: Milliseconds,
  ): void {
    const size = transmit(link, headOffset, headLength, bodyOffset, bodyLength, flags, now); // seal/ and link/
    link.pathMtu.onSent(size);
    this.recovery.budget.onSent(size);
    this.scheduler.onCarried(link, link.bytesOnLine(size));
  }
}
