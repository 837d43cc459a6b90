import { BULK, CHECKSUM_PARTIAL, Fragment, URGENT } from "./bundle/fragment.ts";
import { PacketIntake } from "./bundle/packet-intake.ts";
import { SendingOrder } from "./bundle/sending-order.ts";
import { DROP, type DropCounters } from "./drop-reason.ts";
import type { MemberLink } from "./link/member-link.ts";
import { transmit } from "./link/transmit.ts";
import type { Arena } from "./packet/arena.ts";
import { type CellPool, NO_CELL } from "./packet/cell-pool.ts";
import { flowHash } from "./packet/flow.ts";
import type { PacketBatch } from "./packet/packet-batch.ts";
import { FairQueue } from "./queue/fair-queue.ts";
import { FlowTable } from "./queue/flow-table.ts";
import { Mirrors } from "./recovery/mirrors.ts";
import { Recovery } from "./recovery/recovery.ts";
import { Governor } from "./scheduler/governor.ts";
import type { Demand, Scheduler } from "./scheduler/scheduler.ts";
import type { PeerLimits } from "./seal/security-association.ts";
import { bytesPerSecond, earliest, type Milliseconds, milliseconds, NEVER } from "./units.ts";
import { DATAGRAM_FLAGS } from "./wire/datagram-header.ts";
import { BEGIN, END, FRAGMENT_HEADER_SIZE, writeFragmentHeader } from "./wire/frame-header.ts";

// The queue holds what the links carry in this time, within these bounds.
const QUEUE_SECONDS = 0.1;
const SMALLEST_QUEUE = 96 * 1024;
const LARGEST_QUEUE = 4 * 1024 * 1024;

// What was measured of the links is looked at so often.
const FOLLOWING_INTERVAL = 10;

// How soon after a burst the links that it passed by get a null fragment: at least this, at most twice this.
const NULL_FRAGMENT_INTERVAL = milliseconds(30);

/** What the sending side of a bundle works with. */
export type OutboundOptions = {
  readonly arena: Arena;
  readonly cells: CellPool;
  readonly links: readonly MemberLink[];
  readonly scheduler: Scheduler;
  readonly drops: DropCounters;
};

/** The way of a packet out of the TUN device: packet, queue, scheduler, bundle, wire, seal, link, recovery. */
export class Outbound {
  readonly order = new SendingOrder();
  readonly queue: FairQueue;
  readonly recovery: Recovery;
  readonly #options: OutboundOptions;
  readonly #bytes: Uint8Array;
  readonly #fragment = new Fragment();
  readonly #flows = new FlowTable();
  readonly #demand: Demand = { size: 0, isBulk: false, backlog: 0 };
  readonly #governor = new Governor();
  readonly #mirrors = new Mirrors();
  readonly #intake: PacketIntake;
  #scheduler: Scheduler;
  #classes: number;
  #nextCheck: Milliseconds = NEVER;
  #followedAt: Milliseconds = milliseconds(Number.NEGATIVE_INFINITY);
  #polledAt: Milliseconds = milliseconds(Number.NEGATIVE_INFINITY);
  packets = 0;
  packetBytes = 0;

  constructor(options: OutboundOptions, peer: PeerLimits) {
    const { arena, cells, links } = options;
    this.#options = options;
    this.#scheduler = options.scheduler;
    this.#classes = peer.classes;
    this.#bytes = arena.bytes;
    this.#intake = new PacketIntake(arena.bytes, peer);
    this.queue = new FairQueue(arena, cells, SMALLEST_QUEUE);
    this.recovery = new Recovery(arena, cells, links);
  }

  /** Sends one row of a batch, or queues what no link can carry now. */
  handlePacket(batch: PacketBatch, row: number, now: Milliseconds): void {
    const fragment = this.#fragment;
    const { drops } = this.#options;
    const intake = this.#intake;
    if (!intake.take(batch, row, fragment, drops)) return;
    this.packets++;
    this.packetBytes += fragment.length - 1;
    const flow = flowHash(this.#bytes, batch.headOffset(row), batch.headLength(row)); // packet/
    const isBulk = this.#flows.isBulk(flow, now); // queue/
    intake.classify(fragment, this.#flows.classOf(flow, this.#classes, now), isBulk); // bundle/
    if (this.queue.isEmpty && this.recovery.isEmpty && this.#send(fragment, now)) return;
    if (!this.#hasLink()) return drops.count(DROP.noLink);
    if (!isBulk && (fragment.flags & BEGIN) !== 0 && !this.queue.isSparse(flow)) {
      this.#flows.onQueued(flow, now);
      fragment.flags |= BULK;
    }
    if (!this.queue.push(fragment, flow, now)) drops.count(DROP.queueFull);
  }

  /** Sends again what was lost, and then from the queue what the links can carry now. */
  poll(now: Milliseconds): void {
    const fragment = this.#fragment;
    this.#polledAt = now;
    if (!this.recovery.poll(now)) return; // recovery/
    while (this.queue.peek(fragment, now)) {
      const isSent = this.#send(fragment, now);
      // Without a cell for its header the rest of a packet cannot leave; its own cell helps the next one.
      const isStuck = !isSent && !fragment.hasHeadroom && this.#options.cells.freeCount === 0;
      if (isStuck) this.#options.drops.count(DROP.queueFull);
      if (isStuck) fragment.drop();
      this.queue.consume(fragment);
      if (!isSent && !isStuck) return;
    }
  }

  /** When there is something to do, as far as clocks tell; that a blocked outlet has room again, its socket tells. */
  nextTimeout(): Milliseconds {
    let next = earliest(this.#nextCheck, this.recovery.nextTimeout());
    if (this.queue.isEmpty) return next;
    for (const { isUp, association, outlet, pacer } of this.#options.links) {
      if (!isUp || association === undefined || outlet?.isBlocked !== false) continue;
      // A link that was free already was not wanted: the packet waits for another one, or for more behind it.
      const isUnwanted = pacer.freeAt() <= this.#polledAt && outlet.hasRoom;
      if (!isUnwanted) next = earliest(next, pacer.freeAt());
    }
    return next;
  }

  /** Sends null fragments (RFC 1990 §4.1) on links that a burst has passed by. */
  handleTimeout(now: Milliseconds): void {
    if (this.#nextCheck > now) return;
    const { links } = this.#options;
    const classes = this.#classes;
    let isBusy = false;
    // Nobody waits for order in the real-time class.
    for (let trafficClass = classes > 1 ? 1 : 0; trafficClass < classes; trafficClass++) {
      for (const link of links) {
        if (!link.isUp || !this.order.isBehind(trafficClass, link.ordinal)) continue;
        if (link.mayCarry(now)) this.#sendNull(link, trafficClass, now);
        else isBusy = true;
      }
    }
    const hasNews = this.order.mark();
    this.#nextCheck = hasNews || isBusy ? milliseconds(now + NULL_FRAGMENT_INTERVAL) : NEVER;
    if (this.#nextCheck === NEVER) this.queue.trim();
  }

  get scheduler(): Scheduler {
    return this.#scheduler;
  }

  /** Spreads what comes and what waits in another way from now on; what was sent is none of its business. */
  setScheduler(scheduler: Scheduler, now: Milliseconds): void {
    const { links } = this.#options;
    this.#scheduler = scheduler;
    for (const link of links) if (link.isUp) scheduler.onLinkUp(link, links);
    this.#followRates(now);
  }

  /** Takes over what a handshake said of the peer. */
  setPeerLimits(peer: PeerLimits): void {
    this.#classes = peer.classes;
    this.#intake.setPeerLimits(peer);
  }

  /** Takes what the peer's reports, or their absence, told of a link. */
  onFeedback(link: MemberLink, now: Milliseconds): void {
    this.recovery.onFeedback(link, now);
    if (now - this.#followedAt >= FOLLOWING_INTERVAL) this.#followRates(now);
  }

  /** Takes the links' rates over into the queue's limit; without a link there is nothing to wait for. */
  onLinksChanged(): void {
    if (!this.#hasLink()) {
      this.#options.drops.count(DROP.noLink, this.queue.count);
      this.clear();
    }
    this.#followRates(this.#polledAt);
  }

  /** Drops everything that waits, uncounted. */
  clear(): void {
    this.queue.clear();
    this.recovery.clear();
  }

  #followRates(now: Milliseconds): void {
    this.#followedAt = now;
    const { links } = this.#options;
    const scheduler = this.#scheduler;
    let rate = 0;
    for (const link of links) if (link.isUp) rate += link.estimator.capacity;
    const { deliveredBytes } = this.recovery.counters;
    this.#governor.update(links, scheduler.copiesToAll ? undefined : deliveredBytes, now);
    this.#mirrors.update(links, scheduler.copiesToAll, this.#governor.trials);
    scheduler.onFeedback(links, this.queue.bytes, now);
    this.queue.setUsefulWait(scheduler.usefulWait);
    if (rate > 0) this.queue.setRate(bytesPerSecond(rate));
    this.queue.limit = Math.min(LARGEST_QUEUE, Math.max(SMALLEST_QUEUE, rate * QUEUE_SECONDS));
    this.recovery.budget.setRate(rate);
    this.recovery.redundancy.onFeedback(links);
    this.#intake.onLinksChanged(links);
  }

  #hasLink(): boolean {
    for (const link of this.#options.links) if (link.isUp) return true;
    return false;
  }

  /** Sends a packet, in several fragments where it does not fit a link; false when something is left. */
  #send(fragment: Fragment, now: Milliseconds): boolean {
    const { links } = this.#options;
    const demand = this.#demand;
    demand.isBulk = fragment.isBulk;
    demand.backlog = this.queue.bytes;
    while (fragment.length > 0) {
      demand.size = fragment.length;
      const link = this.#scheduler.pick(links, demand, now); // scheduler/
      if (link === undefined) return false;
      const taken = fragment.takeable(link.largestFrame - FRAGMENT_HEADER_SIZE); // bundle/
      if (!this.#sendFragment(link, fragment, taken, now)) return false;
      fragment.advance(taken, BEGIN);
    }
    return true;
  }

  #sendFragment(link: MemberLink, fragment: Fragment, taken: number, now: Milliseconds): boolean {
    const { cells, links } = this.#options;
    const header = this.#headerOffset(fragment);
    if (header === NO_CELL) return false;
    const fromHead = Math.min(taken, fragment.headLength);
    const isLast = taken === fragment.length;
    const flags = (fragment.flags & BEGIN) | (isLast ? fragment.flags & END : 0);
    const sequence = this.order.take(fragment.trafficClass, link.ordinal);
    writeFragmentHeader(this.#bytes, header, flags, fragment.trafficClass, sequence); // wire/
    const isPartial = (fragment.flags & CHECKSUM_PARTIAL) !== 0;
    const isAhead = fragment.hasHeadroom;
    const headLength = FRAGMENT_HEADER_SIZE + (isAhead ? fromHead : 0);
    const body = isAhead || fromHead === 0 ? fragment.bodyOffset : fragment.headOffset;
    const bodyLength = isAhead ? taken - fromHead : taken;
    this.#transmit(link, header, headLength, body, bodyLength, isPartial, now);
    this.recovery.watch(link, fragment, header, taken, isPartial); // recovery/
    if (this.#mirrors.isActive) this.#mirrors.send(link, header, headLength, body, bodyLength, isPartial, now);
    const isTwofold = (fragment.flags & URGENT) !== 0 && this.recovery.redundancy.isNeeded;
    if (isTwofold && !this.#scheduler.copiesToAll)
      this.recovery.sendTwice(link, header, headLength, body, bodyLength, isPartial, now);
    if (!isAhead) cells.release(header);
    link.keepalive.onCarried();
    if (this.#nextCheck === NEVER && links.length > 1) this.#nextCheck = milliseconds(now + NULL_FRAGMENT_INTERVAL);
    return true;
  }

  #sendNull(link: MemberLink, trafficClass: number, now: Milliseconds): void {
    const header = this.#options.cells.take();
    if (header === NO_CELL) return;
    const sequence = this.order.pass(trafficClass, link.ordinal);
    writeFragmentHeader(this.#bytes, header, BEGIN | END, trafficClass, sequence);
    this.#transmit(link, header, FRAGMENT_HEADER_SIZE, 0, 0, false, now);
    this.#options.cells.release(header);
  }

  #headerOffset(fragment: Fragment): number {
    return fragment.hasHeadroom ? fragment.headOffset - FRAGMENT_HEADER_SIZE : this.#options.cells.take();
  }

  #transmit(
    link: MemberLink,
    headOffset: number,
    headLength: number,
    bodyOffset: number,
    bodyLength: number,
    isPartial: boolean,
    now: Milliseconds,
  ): void {
    const flags = isPartial ? DATAGRAM_FLAGS.checksumPartial : 0;
    const size = transmit(link, headOffset, headLength, bodyOffset, bodyLength, flags, now); // seal/ and link/
    link.pathMtu.onSent(size);
    this.recovery.budget.onSent(size);
    this.#scheduler.onCarried(link, link.bytesOnLine(size));
  }
}
