import { Fragment, PINNED } from "./bundle/fragment.ts";
import { PacketIntake } from "./bundle/packet-intake.ts";
import type { SendingOrder } from "./bundle/sending-order.ts";
import { DROP } from "./drop-reason.ts";
import { FragmentSender } from "./fragment-sender.ts";
import type { MemberLink } from "./link/member-link.ts";
import { WakeLateness } from "./link/wake-lateness.ts";
import { NOTHING_PINNED, type OutboundOptions } from "./outbound-options.ts";
import type { PacketBatch } from "./packet/packet-batch.ts";
import { PinnedTraffic } from "./pinning/pinned-traffic.ts";
import { FairQueue } from "./queue/fair-queue.ts";
import { queueLimit, SMALLEST_QUEUE } from "./queue/queue-limit.ts";
import type { Recovery } from "./recovery/recovery.ts";
import { Governor } from "./scheduler/governor.ts";
import { RunLink } from "./scheduler/run-link.ts";
import type { Demand, Scheduler } from "./scheduler/scheduler.ts";
import type { PeerLimits } from "./seal/security-association.ts";
import { bytesPerSecond, earliest, type Milliseconds, milliseconds, NEVER } from "./units.ts";
import { BEGIN, FRAGMENT_HEADER_SIZE } from "./wire/frame-header.ts";

// What was measured of the links is looked at so often.
const FOLLOWING_INTERVAL = 10;

// So long after a line has died its flows still come as fast as it took them, and lose much.
const HURRY = 2000;

/** The way of a packet out of the TUN device: packet, queue, scheduler, bundle, wire, seal, link, recovery. */
export class Outbound {
  readonly order: SendingOrder;
  readonly queue: FairQueue;
  readonly recovery: Recovery;
  readonly pinned: PinnedTraffic;
  readonly #options: OutboundOptions;
  readonly #fragment = new Fragment();
  readonly #demand: Demand = { size: 0, isBulk: false, backlog: 0 };
  readonly #governor = new Governor();
  readonly #run = new RunLink();
  readonly #lateness = new WakeLateness();
  readonly #intake: PacketIntake;
  readonly #sender: FragmentSender;
  #classes: number;
  #answering = 0;
  #isPinnedNext = true;
  /** How many rows left with the packet that was sent last, itself included. */
  #sentRows = 1;
  #followedAt: Milliseconds = milliseconds(Number.NEGATIVE_INFINITY);
  #polledAt: Milliseconds = milliseconds(Number.NEGATIVE_INFINITY);
  packets = 0;
  packetBytes = 0;

  constructor(options: OutboundOptions, peer: PeerLimits) {
    const { arena, cells, links, scheduler, drops, pinning = NOTHING_PINNED } = options;
    const send = this.#sendWhole.bind(this);
    this.#options = options;
    this.#classes = peer.classes;
    this.#intake = new PacketIntake(arena.bytes, peer);
    this.queue = new FairQueue(arena, cells, SMALLEST_QUEUE);
    this.#sender = new FragmentSender({ arena, cells, links, scheduler, tellsPinned: pinning.kind === "filters" });
    this.order = this.#sender.order;
    this.recovery = this.#sender.recovery;
    this.pinned = new PinnedTraffic({ arena, cells, links, drops, pinning, send });
  }

  /** Sends rows `from` to `to` - 1 of a batch, a packet and the segments that continue it, or queues them. */
  handlePackets(batch: PacketBatch, from: number, to: number, now: Milliseconds): void {
    for (let row = from; row < to; ) row += this.#handleRun(batch, row, this.pinned.hasFilters ? row + 1 : to, now);
  }

  /** Sends a row, and with it those up to `to` - 1 that its link takes as well, or queues it; answers how many rows. */
  #handleRun(batch: PacketBatch, row: number, to: number, now: Milliseconds): number {
    const fragment = this.#fragment;
    const [intake, { drops }] = [this.#intake, this.#options];
    if (!batch.continues(row)) this.#run.end();
    if (!intake.take(batch, row, fragment, drops, now)) return 1; // packet/ and bundle/
    this.packets++;
    this.packetBytes += fragment.length - 1;
    this.#sentRows = 1;
    const link = this.pinned.linkFor(fragment, intake.flow, now); // pinning/
    const queue = link === undefined ? this.queue : this.pinned.queueOf(link);
    if (link !== undefined) fragment.flags |= PINNED;
    const mayPass = queue.isEmpty && (link !== undefined || this.recovery.isEmpty);
    let isSent = false;
    if (mayPass && link === undefined) isSent = this.#send(fragment, now, batch, row, to);
    else if (mayPass && link !== undefined) isSent = this.#sendWhole(link, fragment, now);
    if (isSent) return this.#sentRows;
    if (!this.#hasLink()) drops.count(DROP.noLink);
    else {
      if (!fragment.isBulk && (fragment.flags & BEGIN) !== 0 && !queue.isSparse(intake.flow))
        intake.onQueued(fragment, now);
      if (!queue.push(fragment, intake.flow, now)) this.#dropRest(fragment);
    }
    return 1;
  }

  /** Sends again what was lost, and then from the queues what the links can carry now. */
  poll(now: Milliseconds): void {
    this.#polledAt = now;
    this.#lateness.onWake(now);
    // What a fast line had under way keeps a slow one busy for long: calls do not wait for that.
    if (!this.recovery.isEmpty) this.#pollQueue(now, true);
    const hasRecovered = this.recovery.poll(now); // recovery/
    // On a link that both want, pinned packets and others take turns.
    const hasSentPinned = this.#isPinnedNext && this.pinned.poll(now);
    if (hasRecovered) this.#pollQueue(now);
    this.pinned.poll(now);
    this.#isPinnedNext = !hasSentPinned;
    if (this.queue.isEmpty) this.recovery.rescue.poll(now);
  }

  #pollQueue(now: Milliseconds, isForSparse = false): void {
    const fragment = this.#fragment;
    while (this.queue.peek(fragment, now)) {
      this.#run.end();
      const isSent = !(isForSparse && fragment.isBulk) && this.#send(fragment, now);
      // Without a cell for its header the rest of a packet cannot leave; its own cell helps the next one.
      const isStuck = !isForSparse && !isSent && !fragment.hasHeadroom && this.#options.cells.freeCount === 0;
      if (isStuck) this.#dropRest(fragment);
      this.queue.consume(fragment);
      if (isForSparse && !isSent) this.queue.onPassedOver();
      if (!isSent && !isStuck) return;
    }
  }

  /** When there is something to do, as far as clocks tell; that a blocked outlet has room again, its socket tells. */
  nextTimeout(): Milliseconds {
    const next = earliest(this.#sender.nulls.nextCheck, this.recovery.nextTimeout());
    if (this.queue.isEmpty && this.pinned.count === 0) return earliest(next, this.recovery.rescue.nextTimeout());
    let free = NEVER;
    for (const link of this.#options.links) {
      if (!this.queue.isEmpty || this.pinned.isWaitingFor(link))
        free = earliest(free, link.freeAfter(this.#polledAt));
    }
    this.#lateness.expect(free);
    return earliest(next, free);
  }

  /** Sends null fragments where they are due, and gives memory back after a burst. */
  handleTimeout(now: Milliseconds): void {
    if (!this.#sender.nulls.handleTimeout(this.#classes, now)) return;
    this.queue.trim();
    this.pinned.trim();
  }

  get scheduler(): Scheduler {
    return this.#sender.scheduler;
  }

  /** Spreads what comes and what waits in another way from now on; what was sent is none of its business. */
  setScheduler(scheduler: Scheduler, now: Milliseconds): void {
    const { links } = this.#options;
    this.#sender.scheduler = scheduler;
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
      this.#options.drops.count(DROP.noLink, this.queue.count + this.pinned.count);
      this.clear();
    }
    this.#followRates(this.#polledAt);
  }

  /** Forgets a link that has left the bundle. */
  onLinkRemoved(link: MemberLink): void {
    this.recovery.forget(link);
    this.pinned.forget(link);
    this.order.forget(link.ordinal);
    this.onLinksChanged();
  }

  /** Starts anew with a peer that has lost its state: nothing that was sent is of use to it. */
  restart(): void {
    for (const link of this.#options.links) this.recovery.forget(link);
    this.recovery.clear();
    this.order.reset();
  }

  /** Drops everything that waits, uncounted. */
  clear(): void {
    this.#sender.giveUpRest();
    this.queue.clear();
    this.pinned.clear();
    this.recovery.clear();
  }

  #followRates(now: Milliseconds): void {
    this.#followedAt = now;
    const { links } = this.#options;
    const { scheduler, mirrors } = this.#sender;
    let [rate, answering] = [0, 0];
    for (const link of links) {
      const { isUp, isSilent, estimator } = link;
      link.setLead(this.#lateness.lead);
      if (isUp) rate += estimator.capacity;
      if (isUp && !isSilent) answering++;
    }
    if (answering < this.#answering) this.queue.hurriesUntil = milliseconds(now + HURRY);
    this.#answering = answering;
    const delivered = scheduler.copiesToAll ? undefined : this.recovery.counters.deliveredBytes;
    this.#governor.update(links, delivered, now);
    mirrors.update(links, scheduler.copiesToAll, this.#governor.trials);
    scheduler.onFeedback(links, this.queue.bytes, now);
    this.queue.setUsefulWait(scheduler.usefulWait);
    if (rate > 0) this.queue.setRate(bytesPerSecond(rate));
    // What waits already is not dropped when a line dies: its flows are slowed down soon enough.
    const limit = queueLimit(rate, scheduler.usefulWait);
    this.queue.limit = Math.max(limit, Math.min(this.queue.limit, this.queue.bytes));
    this.pinned.onFeedback(this.queue, now);
    this.recovery.budget.setRate(rate);
    this.recovery.redundancy.onFeedback(links);
    this.#intake.onLinksChanged(links);
  }

  #hasLink(): boolean {
    for (const link of this.#options.links) if (link.isUp) return true;
    return false;
  }

  /**
   * Sends a packet, in several fragments where it does not fit a link; false when something is left. One that leaves
   * whole, out of a row of a batch, takes the rows up to `to` - 1 with it as far as its link takes them too.
   */
  #send(fragment: Fragment, now: Milliseconds, batch?: PacketBatch, row = 0, to = 1): boolean {
    const demand = this.#demand;
    demand.isBulk = fragment.isBulk;
    demand.backlog = this.queue.bytes;
    while (fragment.length > 0) {
      demand.size = fragment.length;
      const link = this.#pick(now);
      if (link === undefined) return false;
      const taken = fragment.takeable(link.largestFrame - FRAGMENT_HEADER_SIZE); // bundle/
      const isRun = batch !== undefined && row + 1 < to && taken === fragment.length;
      if (isRun && this.#sendRun(fragment, batch, row, to, now)) return true;
      if (!this.#sender.send(link, fragment, taken, now)) return false; // wire/, seal/, link/ and recovery/
      fragment.advance(taken, BEGIN);
      if (fragment.length > 0) this.#run.end();
      row = to;
    }
    return true;
  }

  #sendRun(fragment: Fragment, batch: PacketBatch, row: number, to: number, now: Milliseconds): boolean {
    const sent = this.#sender.sendSegments(this.#run, fragment, this.#intake.protocol, batch, row, to, now);
    if (sent.count === 0) return false;
    this.#sentRows = sent.count;
    this.packets += sent.count - 1;
    this.packetBytes += sent.packetBytes - (fragment.length - 1);
    fragment.drop();
    return true;
  }

  #pick(now: Milliseconds): MemberLink | undefined {
    const { size } = this.#demand;
    const same = this.#run.take(size, now);
    if (same !== undefined) return same;
    const link = this.scheduler.pick(this.#options.links, this.#demand, now); // scheduler/
    this.#run.begin(link, size);
    return link;
  }

  /** Sends a packet, or a piece behind one that was sent, on one link in one go; false when it has to wait. */
  #sendWhole(link: MemberLink, fragment: Fragment, now: Milliseconds): boolean {
    const isOpen = this.#sender.isOpen(fragment.trafficClass);
    const isFirst = (fragment.flags & BEGIN) !== 0;
    if (isFirst && (isOpen || !link.mayCarry(now))) return false;
    if (!isFirst && !isOpen) fragment.drop();
    while (fragment.length > 0) {
      const taken = fragment.takeable(link.largestFrame - FRAGMENT_HEADER_SIZE);
      const isSent = link.outlet?.hasRoom === true && this.#sender.send(link, fragment, taken, now);
      if (isSent) fragment.advance(taken, BEGIN);
      else this.#dropRest(fragment);
    }
    return true;
  }

  #dropRest(fragment: Fragment): void {
    this.#options.drops.count(DROP.queueFull);
    if ((fragment.flags & BEGIN) === 0) this.#sender.giveUpRest();
    fragment.drop();
  }
}
