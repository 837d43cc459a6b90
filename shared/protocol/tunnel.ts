import type { PacketSink } from "./bundle/reassembler.ts";
import { ReceivingOrder } from "./bundle/receiving-order.ts";
import { Decisions } from "./decisions.ts";
import { DropCounters } from "./drop-reason.ts";
import { LinkControl } from "./link/link-control.ts";
import type { LinkDialer } from "./link/link-dialer.ts";
import { LinkReports } from "./link/link-reports.ts";
import { LinkSessions } from "./link/link-sessions.ts";
import type { LinkEvent, LinkState } from "./link/link-state.ts";
import type { LinkUse } from "./link/link-use.ts";
import { LinkWatch } from "./link/link-watch.ts";
import { MemberLink, type MemberLinkOptions, TrafficCounter } from "./link/member-link.ts";
import type { Outlet } from "./link/outlet.ts";
import { Outbound } from "./outbound.ts";
import type { PacketBatch } from "./packet/packet-batch.ts";
import { PacketDelivery, type PacketFilter } from "./packet/packet-delivery.ts";
import type { Scheduler } from "./scheduler/scheduler.ts";
import { createScheduler, type SchedulerName } from "./scheduler/schedulers.ts";
import type { SecurityAssociation } from "./seal/security-association.ts";
import type { TunnelEnvironment } from "./tunnel-environment.ts";
import type { TunnelEvent } from "./tunnel-events.ts";
import { earliest, type Milliseconds, milliseconds, seconds } from "./units.ts";
import { copyAddressRecord, isSameRemote } from "./wire/address-record.ts";
import { CLASS_LIMIT, FRAME_OVERHEAD } from "./wire/frame-header.ts";

// A link that the peer left without a word is kept this long; its sessions end later by themselves.
const ABANDONED_AFTER = seconds(60);

/** What one bundle is like. */
export type TunnelOptions = {
  readonly name: string;
  /** Whether this end opens the links or answers. */
  readonly role: "initiator" | "responder";
  readonly scheduler: Scheduler;
  /** The largest packet that this end takes and puts together, in bytes. */
  readonly mrru: number;
  /** How many classes this end receives and sends. */
  readonly classes: number;
  /** The longest wait for a missing fragment. */
  readonly reorderWait: Milliseconds;
  /** Decides which packets of the peer may go on. */
  readonly filter: PacketFilter | undefined;
  /** This end's endpoint discriminator (RFC 1990 §5.1.3): new for every bundle. */
  readonly endpointDiscriminator: Uint8Array;
};

/** A member link with those that work for it. */
export type LinkParts = {
  readonly link: MemberLink;
  readonly control: LinkControl;
  readonly reports: LinkReports;
  readonly sessions: LinkSessions;
  readonly watch: LinkWatch;
  /** On the side that opens the link. */
  dialer: LinkDialer | undefined;
  reported: LinkState;
  reportedUse: LinkUse;
};

/** One end of a bundle: its links, and both directions of its traffic. */
export class Tunnel {
  readonly options: TunnelOptions;
  readonly drops = new DropCounters();
  readonly links: MemberLink[] = [];
  readonly outbound: Outbound;
  readonly receiving: ReceivingOrder;
  readonly delivered = new TrafficCounter();
  readonly decisions = new Decisions((decision) => this.emit({ kind: "decided", decision }));
  readonly #environment: TunnelEnvironment;
  readonly #parts = new Map<MemberLink, LinkParts>();
  #events: TunnelEvent[] = [];
  #mtu = 0;

  constructor(environment: TunnelEnvironment, options: TunnelOptions) {
    this.options = options;
    this.#environment = environment;
    const { arena, cells } = environment;
    const { scheduler, mrru, classes } = options;
    this.outbound = new Outbound(
      { arena, cells, links: this.links, scheduler, drops: this.drops },
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
    const { arena, cells, records } = this.#environment;
    const taken = new Set(this.links.map(({ ordinal }) => ordinal));
    let ordinal = 0;
    while (taken.has(ordinal)) ordinal++;
    const link = new MemberLink({ ...options, ordinal, addressOffset: records.take() }, now);
    const sessions = new LinkSessions(link, this.#environment.sessions);
    const control = new LinkControl(link, arena, cells, this.drops);
    const reports = new LinkReports(link, arena, cells);
    const watch = new LinkWatch(link, this.decisions);
    const parts = {
      link,
      control,
      reports,
      sessions,
      watch,
      dialer: undefined,
      reported: link.state,
      reportedUse: link.use,
    };
    this.links.push(link);
    this.#parts.set(link, parts);
    return parts;
  }

  parts(link: MemberLink): LinkParts | undefined {
    return this.#parts.get(link);
  }

  /** Forgets a link and its keys. */
  removeLink(link: MemberLink): void {
    const parts = this.#parts.get(link);
    if (parts === undefined) return;
    parts.dialer?.cancel();
    parts.sessions.clear();
    this.#parts.delete(link);
    this.links.splice(this.links.indexOf(link), 1);
    this.receiving.onLinkDown(link);
    this.outbound.recovery.forget(link);
    this.outbound.order.forget(link.ordinal);
    this.outbound.onLinksChanged();
    this.#environment.records.release(link.addressOffset);
    this.#events.push({ kind: "link removed", link });
  }

  /** Gives a link its socket and the peer's address record (both copied over), or says why it has none. */
  setUplink(
    link: MemberLink,
    uplink: { readonly outlet: Outlet; readonly peer: number; readonly detail: string } | { readonly lost: string },
    now: Milliseconds,
  ): void {
    const parts = this.#parts.get(link);
    if ("lost" in uplink) {
      link.outlet = undefined;
      parts?.dialer?.cancel();
      this.apply(link, { kind: "uplink lost", reason: uplink.lost }, now);
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
    if (this.#events.length === 0) return this.#events;
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Spreads the traffic over the links in another way from now on. */
  setScheduler(name: SchedulerName, now: Milliseconds): void {
    this.outbound.setScheduler(createScheduler(name), now);
  }

  /** Sends one IP packet. */
  handlePacket(batch: PacketBatch, row: number, now: Milliseconds): void {
    this.outbound.handlePacket(batch, row, now);
  }

  /** Notes a fresh authentic datagram of a link. */
  handleAuthentic(link: MemberLink, association: SecurityAssociation, packetNumber: number, now: Milliseconds): void {
    link.keepalive.onHeard(now);
    if (association === link.association) link.lossRate.onPacket(packetNumber, now);
    if (association.isProven) return;
    const isChosen = this.#parts.get(link)?.sessions.onFirstProof(association, now) === true;
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
    const parts = this.#parts.get(link);
    if (parts?.control.handleFrame(offset, length, now)) this.noticeChanges(now);
  }

  /** Hands a quality report to its link; false when it cannot be read. */
  handleReport(link: MemberLink, offset: number, length: number, now: Milliseconds): boolean {
    const parts = this.#parts.get(link);
    if (parts?.reports.handleFrame(offset, length, now) !== true) return false;
    this.#takeFeedback(parts, now);
    return true;
  }

  /** Does all that is due, and sends from the queue what the links carry now. */
  handleTimeout(now: Milliseconds): void {
    for (const parts of this.#parts.values()) {
      const { sessions, control, reports, dialer } = parts;
      sessions.handleTimeout(now);
      control.handleTimeout(now);
      reports.handleTimeout(now);
      this.#takeFeedback(parts, now);
      dialer?.handleTimeout(now);
    }
    this.noticeChanges(now);
    this.#noticeUses();
    this.#removeAbandoned(now);
    this.receiving.handleTimeout(now);
    this.outbound.handleTimeout(now);
    this.outbound.poll(now);
  }

  /** When `handleTimeout` has something to do. */
  nextTimeout(): Milliseconds {
    let next = earliest(this.outbound.nextTimeout(), this.receiving.nextTimeout());
    for (const { link, sessions, control, reports, dialer } of this.#parts.values()) {
      next = earliest(next, earliest(sessions.nextTimeout(), control.nextTimeout()));
      next = earliest(next, reports.nextTimeout());
      if (dialer !== undefined) next = earliest(next, dialer.nextTimeout());
      else if (!link.isUp) next = earliest(next, milliseconds(link.state.since + ABANDONED_AFTER));
    }
    return next;
  }

  /** Tells the peer on every link that this end stops. */
  terminate(now: Milliseconds): void {
    for (const { link, control } of this.#parts.values()) if (link.association !== undefined) control.terminate(now);
  }

  /** Starts the bundle anew with a peer that lost its state: only what `kept` has agreed with it stays. */
  restart(kept: MemberLink | undefined, now: Milliseconds): void {
    this.outbound.order.reset();
    this.receiving.reset();
    for (const { link, sessions, dialer } of this.#parts.values()) {
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
    for (const parts of this.#parts.values()) {
      const { link, reported } = parts;
      if (link.state === reported) continue;
      parts.reported = link.state;
      this.#events.push({ kind: "link changed", link, state: link.state });
      if (link.isUp) this.#onLinkUp(link, now);
      else if (reported.kind === "up") this.#onLinkDown(link, now);
    }
    this.#updateMtu();
  }

  /** Takes what became known of the packets of a link, and first notes what that decided. */
  #takeFeedback({ link, watch }: LinkParts, now: Milliseconds): void {
    watch.observe(this.outbound.recovery.counters.sentAgain, now);
    this.outbound.onFeedback(link, now);
  }

  #noticeUses(): void {
    for (const parts of this.#parts.values()) {
      const { link, reportedUse } = parts;
      if (link.use.kind === reportedUse.kind) continue;
      parts.reportedUse = link.use;
      this.#events.push({ kind: "link use changed", link, use: link.use });
    }
  }

  /** On the side that answers: forgets links that the peer has closed, has never proved, or was silent on for long. */
  #removeAbandoned(now: Milliseconds): void {
    if (this.options.role === "initiator") return;
    for (const { link, sessions } of this.#parts.values()) {
      if (link.isUp) continue;
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

  #updateMtu(): void {
    let mtu = Number.POSITIVE_INFINITY;
    for (const link of this.links) {
      if (link.isUp && !link.pathMtu.isSearching) mtu = Math.min(mtu, link.largestFrame - FRAME_OVERHEAD);
    }
    if (mtu === Number.POSITIVE_INFINITY || mtu === this.#mtu) return;
    this.#mtu = mtu;
    this.#events.push({ kind: "mtu changed", mtu });
  }
}
