import type { PacketSink } from "./bundle/packet-sink.ts";
import { ReceivingOrder } from "./bundle/receiving-order.ts";
import { Decisions } from "./decisions.ts";
import { DropCounters } from "./drop-reason.ts";
import { FeedbackPace } from "./feedback-pace.ts";
import { BundleLinks } from "./link/bundle-links.ts";
import type { LinkParts } from "./link/link-parts.ts";
import type { LinkEvent } from "./link/link-state.ts";
import { type MemberLink, type MemberLinkOptions, TrafficCounter } from "./link/member-link.ts";
import type { Outlet } from "./link/outlet.ts";
import { Outbound } from "./outbound.ts";
import type { PacketBatch } from "./packet/packet-batch.ts";
import { PacketDelivery } from "./packet/packet-delivery.ts";
import { createScheduler, type SchedulerName } from "./scheduler/schedulers.ts";
import type { SecurityAssociation } from "./seal/security-association.ts";
import type { TunnelEnvironment } from "./tunnel-environment.ts";
import type { TunnelEvent } from "./tunnel-events.ts";
import { pinningOf, type TunnelOptions } from "./tunnel-options.ts";
import { earliest, type Milliseconds, milliseconds, seconds } from "./units.ts";
import { copyAddressRecord, isSameRemote } from "./wire/address-record.ts";
import { CLASS_LIMIT } from "./wire/frame-header.ts";

// A link that the peer left without a word is kept this long; its sessions end later by themselves.
const ABANDONED_AFTER = seconds(60);

/** One end of a bundle: its links, and both directions of its traffic. */
export class Tunnel {
  readonly options: TunnelOptions;
  readonly drops = new DropCounters();
  readonly outbound: Outbound;
  readonly receiving: ReceivingOrder;
  readonly delivered = new TrafficCounter();
  readonly decisions = new Decisions((decision) => this.emit({ kind: "decided", decision }));
  readonly #environment: TunnelEnvironment;
  readonly #members: BundleLinks;
  readonly #feedback = new FeedbackPace();
  #events: TunnelEvent[] = [];
  #mtu = 0;

  constructor(environment: TunnelEnvironment, options: TunnelOptions) {
    this.options = options;
    this.#environment = environment;
    const { arena, cells } = environment;
    const { scheduler, mrru, classes } = options;
    this.#members = new BundleLinks(environment.records, {
      ...environment,
      drops: this.drops,
      decisions: this.decisions,
      onPeerLostUplink: (discriminator, now) => this.#onPeerLostUplink(discriminator, now),
    });
    this.outbound = new Outbound(
      { arena, cells, links: this.links, scheduler, drops: this.drops, pinning: pinningOf(options) },
      { mrru, classes },
    );
    scheduler.explainTo?.(this.decisions);
    const sink: PacketSink = new PacketDelivery({
      arena,
      batch: environment.delivery,
      filter: options.filter,
      drops: this.drops,
      delivered: this.delivered,
    });
    this.receiving = new ReceivingOrder(environment, sink, this.links, { mrru, longestWait: options.reorderWait });
  }

  get links(): readonly MemberLink[] {
    return this.#members.links;
  }

  get name(): string {
    return this.options.name;
  }

  get classes(): number {
    return Math.min(this.options.classes, CLASS_LIMIT);
  }

  /** The largest packet that needs no fragmentation on any link that is up; 0 before the first is. */
  get mtu(): number {
    return this.#mtu;
  }

  /** Adds a link, which is down at first. */
  addLink(options: Omit<MemberLinkOptions, "ordinal" | "addressOffset">, now: Milliseconds): LinkParts {
    return this.#members.add(options, now);
  }

  parts(link: MemberLink): LinkParts | undefined {
    return this.#members.parts(link);
  }

  /** Forgets a link and its keys. */
  removeLink(link: MemberLink): void {
    if (!this.#members.remove(link)) return;
    this.receiving.onLinkDown(link);
    this.outbound.onLinkRemoved(link);
    this.#events.push({ kind: "link removed", link });
  }

  /** Gives a link its socket and the peer's address record (both copied over), or says why it has none. */
  setUplink(
    link: MemberLink,
    uplink: { readonly outlet: Outlet; readonly peer: number; readonly detail: string } | { readonly lost: string },
    now: Milliseconds,
  ): void {
    const parts = this.#members.parts(link);
    if ("lost" in uplink) {
      link.outlet = undefined;
      parts?.dialer?.cancel();
      this.apply(link, { kind: "uplink lost", reason: uplink.lost }, now);
      this.#members.tellUplinkLost(link, now);
      return;
    }
    link.outlet = uplink.outlet;
    this.setAddress(link, uplink.peer);
    link.pathMtu.restart(now);
    link.restartMeasuring(now);
    parts?.watch.restart();
    parts?.dialer?.hurry(now);
    this.apply(link, { kind: "uplink available", detail: uplink.detail }, now);
  }

  /** Takes an address record as the peer's. */
  setAddress(link: MemberLink, addressOffset: number): void {
    const { words, bytes } = this.#environment.arena;
    copyAddressRecord(words, addressOffset, link.addressOffset);
    link.setFamily(bytes[addressOffset] ?? 4);
  }

  /** Applies an event to a link and acts on what changed. */
  apply(link: MemberLink, event: LinkEvent, now: Milliseconds): void {
    if (link.handle(event, now)) this.noticeChanges(now);
  }

  emit(event: TunnelEvent): void {
    this.#events.push(event);
  }

  /** The events since the last call. */
  takeEvents(): readonly TunnelEvent[] {
    const events = this.#events;
    if (events.length > 0) this.#events = [];
    return events;
  }

  /** Spreads the traffic over the links in another way from now on. */
  setScheduler(name: SchedulerName, now: Milliseconds): void {
    const scheduler = createScheduler(name);
    scheduler.explainTo?.(this.decisions);
    this.outbound.setScheduler(scheduler, now);
  }

  /** Sends rows `from` to `to` - 1 of a batch: an IP packet, and the segments that continue it. */
  handlePackets(batch: PacketBatch, from: number, to: number, now: Milliseconds): void {
    this.outbound.handlePackets(batch, from, to, now);
  }

  /** Notes fresh authentic datagrams of a link, of which more than one are the newest. */
  handleAuthentic(
    link: MemberLink,
    association: SecurityAssociation,
    first: number,
    count: number,
    now: Milliseconds,
  ): void {
    link.keepalive.onHeard(now);
    if (association === link.association) link.lossRate.onRun(first, count, now);
    if (association.isProven) return;
    const isChosen = this.#members.parts(link)?.sessions.onFirstProof(association, now) === true;
    if (!isChosen) return;
    const { peer } = association;
    this.outbound.setPeerLimits(peer);
    this.receiving.setClasses(peer.classes);
    if (peer.allowance !== undefined) link.setAllowance(peer.allowance, now);
    this.apply(link, { kind: "answer" }, now);
  }

  /** Follows the peer to the address that its newest authentic datagram came from (roaming, NAT rebinding). */
  handleAddress(link: MemberLink, addressOffset: number, outlet: Outlet, now: Milliseconds): void {
    if (isSameRemote(this.#environment.arena.words, addressOffset, link.addressOffset)) return;
    this.setAddress(link, addressOffset);
    link.outlet = outlet;
    link.pathMtu.onSuspicion(now);
    this.#events.push({ kind: "link roamed", link });
    this.decisions.note({ kind: "path", link: link.name }, now);
  }

  /** Hands an LCP frame to its link. */
  handleControl(link: MemberLink, offset: number, length: number, now: Milliseconds): void {
    const parts = this.#members.parts(link);
    if (parts?.control.handleFrame(offset, length, now)) this.noticeChanges(now);
  }

  /** Takes a quality report that came on a link, and may be of another; false when it cannot be read. */
  handleReport(link: MemberLink, offset: number, length: number, now: Milliseconds): boolean {
    const parts = this.#members.parts(link);
    const reported = parts?.reports.handleFrame(offset, length, now);
    const owner = reported === undefined ? undefined : this.#members.parts(reported);
    if (owner !== undefined) this.#feedback.take(owner, this.outbound, now);
    return owner !== undefined;
  }

  /** Does all that is due, and sends from the queue what the links carry now. */
  handleTimeout(now: Milliseconds): void {
    for (const parts of this.#members.all) {
      parts.handleTimeout(now);
      this.#feedback.take(parts, this.outbound, now);
    }
    this.noticeChanges(now);
    this.#removeAbandoned(now);
    this.receiving.handleTimeout(now);
    this.outbound.handleTimeout(now);
    this.outbound.poll(now);
  }

  /** When `handleTimeout` has something to do. */
  nextTimeout(): Milliseconds {
    let next = earliest(this.outbound.nextTimeout(), this.receiving.nextTimeout());
    for (const parts of this.#members.all) {
      const { link, dialer } = parts;
      next = earliest(next, parts.nextTimeout());
      if (dialer === undefined && !link.isUp) next = earliest(next, milliseconds(link.state.since + ABANDONED_AFTER));
    }
    return next;
  }

  /** Tells the peer on every link that this end stops. */
  terminate(now: Milliseconds): void {
    this.#members.terminate(now);
  }

  /** Starts the bundle anew with a peer that lost its state: only what `kept` has agreed with it stays. */
  restart(kept: MemberLink | undefined, now: Milliseconds): void {
    this.outbound.restart();
    this.receiving.reset();
    for (const { link, sessions, dialer } of this.#members.all) {
      if (link === kept) continue;
      sessions.clear();
      dialer?.hurry(now);
      link.handle({ kind: "peer restarted" }, now);
    }
    this.#events.push({ kind: "restarted" });
    this.noticeChanges(now);
  }

  /** Finds links whose state changed, and lets scheduler, queue and reordering know. */
  noticeChanges(now: Milliseconds): void {
    for (const parts of this.#members.all) {
      const { link } = parts;
      const before = parts.takeChange();
      if (before === undefined) continue;
      this.#events.push({ kind: "link changed", link, state: link.state });
      if (link.isUp) this.#onLinkUp(link, now);
      else if (before.kind === "up") this.#onLinkDown(link, now);
    }
    this.#updateMtu();
  }

  /** On the side that answers: forgets links that the peer has closed, has never proved, or was silent on for long. */
  #removeAbandoned(now: Milliseconds): void {
    if (this.options.role === "initiator") return;
    for (const { link, sessions } of this.#members.all.filter(isNotUp)) {
      const isOld = now - link.state.since >= ABANDONED_AFTER;
      if (isOld || sessions.isEmpty || link.isClosedByPeer) this.removeLink(link);
    }
    if (this.links.length === 0) this.#events.push({ kind: "ended" });
  }

  #onLinkUp(link: MemberLink, now: Milliseconds): void {
    this.outbound.scheduler.onLinkUp(link, this.links);
    this.receiving.onLinkUp();
    this.outbound.onLinksChanged();
    link.pathMtu.onSuspicion(now);
  }

  #onLinkDown(link: MemberLink, now: Milliseconds): void {
    link.sentPackets.abandon();
    this.outbound.onFeedback(link, now);
    this.receiving.onLinkDown(link);
    this.outbound.onLinksChanged();
  }

  #onPeerLostUplink(discriminator: number, now: Milliseconds): void {
    const link = this.links.find(({ options }) => options.discriminator === discriminator);
    if (link !== undefined) this.apply(link, { kind: "peer's uplink lost" }, now);
  }

  #updateMtu(): void {
    const { mtu } = this.#members;
    if (mtu === undefined || mtu === this.#mtu) return;
    this.#mtu = mtu;
    this.#events.push({ kind: "mtu changed", mtu });
  }
}

const isNotUp = ({ link }: LinkParts): boolean => !link.isUp;
