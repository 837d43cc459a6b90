import type { SecurityAssociation } from "../seal/security-association.ts";
import { type LineTerms, PLAIN_LINE } from "../session/line-terms.ts";
import { maximumOf, strictest } from "../session/told-rates.ts";
import { type BytesPerSecond, bytes, type Milliseconds, milliseconds, NEVER } from "../units.ts";
import { DATAGRAM_OVERHEAD, outerHeaderSize } from "../wire/datagram-header.ts";
import type { QualityReport } from "../wire/quality-report.ts";
import type { RateLimits } from "./configured-rate.ts";
import { Keepalive, type KeepaliveOptions } from "./keepalive.ts";
import { bytesOnLine } from "./line-overhead.ts";
import { type LinkEvent, type LinkState, transition } from "./link-state.ts";
import { type LinkUse, USED } from "./link-use.ts";
import { LossRate } from "./loss-rate.ts";
import { LossShare } from "./loss-share.ts";
import type { Outlet } from "./outlet.ts";
import { Pacer } from "./pacer.ts";
import { PathMtu } from "./path-mtu.ts";
import { NO_POSITION } from "./position-list.ts";
import { QualityReporter } from "./quality-reporter.ts";
import { type LinkAllowance, THROTTLED_RATE } from "./quota.ts";
import { RateEstimator } from "./rate-estimator.ts";
import { ReorderingMargin } from "./reordering-margin.ts";
import { RoundTripTime } from "./round-trip-time.ts";
import { SentPackets } from "./sent-packets.ts";
import { usualDelay } from "./usual-delay.ts";
import { LEAST_LEAD } from "./wake-lateness.ts";

// RFC 8899 §5.1.2 BASE_PLPMTU: small enough for nearly every path.
const BASE_MTU = bytes(1200);

// RFC 791 §3.1: what every host takes. A peer that says less must not make fragments without any room for data.
const SMALLEST_MTU = 576;

// Without a measurement, an answer is waited for as RFC 6298 §2.1 says.
const INITIAL_PATIENCE = milliseconds(1000);

const THROTTLED: RateLimits = { kind: "ceiling", rate: THROTTLED_RATE };

/** What is known of a link when it is made. */
export type MemberLinkOptions = {
  readonly name: string;
  /** The link's place in its bundle, from 0; state is kept in arrays by it. */
  readonly ordinal: number;
  /** RFC 2125 §2.1: tells the links of a bundle apart, the same over rekeying and reconnecting. */
  readonly discriminator: number;
  /** What the operator of this end said of each direction's rate. */
  readonly sendLimits: RateLimits;
  readonly receiveLimits: RateLimits;
  /** The largest IP packet that the uplink takes. */
  readonly mtu: number;
  readonly keepalive: KeepaliveOptions;
  /** What the client's operator says of the line; `PLAIN_LINE` when left out. */
  readonly line?: LineTerms;
  /** Where in the arena the peer's address record lives; the link writes to it when the peer roams. */
  readonly addressOffset: number;
};

/** Packets and bytes (whole outer IP packets) of one direction. */
export class TrafficCounter {
  packets = 0;
  bytes = 0;

  count(bytes: number, packets = 1): void {
    this.packets += packets;
    this.bytes += bytes;
  }
}

/** One member link of a bundle: a line, with what is known of its quality and what it may carry. */
export class MemberLink {
  readonly options: MemberLinkOptions;
  readonly ordinal: number;
  readonly pacer: Pacer;
  readonly pathMtu: PathMtu;
  readonly keepalive: Keepalive;
  readonly roundTripTime = new RoundTripTime();
  /** The share of what arrives that is missing, and the share of what is sent. */
  readonly lossRate = new LossRate();
  readonly sendLoss = new LossShare();
  readonly reorderingMargin = new ReorderingMargin();
  /** What was sent and what became of it, by the peer's reports. */
  readonly sentPackets = new SentPackets(this.roundTripTime);
  /** What arrived, for reports to the peer. */
  readonly reporter = new QualityReporter();
  /** What the line carries in the direction that this end sends. */
  readonly estimator: RateEstimator;
  readonly sent = new TrafficCounter();
  readonly received = new TrafficCounter();
  /** What it sends with; undefined until a handshake gave keys. */
  association: SecurityAssociation | undefined;
  outlet: Outlet | undefined;
  receiveRate: BytesPerSecond;
  readonly line: LineTerms;
  /** Whether it gets traffic while it is up; decided for all links of the bundle together. */
  use: LinkUse = USED;
  #allowance: LinkAllowance = "full";
  #sendLimits: RateLimits;
  #state: LinkState;
  #outerHeaderSize = outerHeaderSize(4);

  constructor(options: MemberLinkOptions, now: Milliseconds) {
    this.options = options;
    this.ordinal = options.ordinal;
    this.#sendLimits = options.sendLimits;
    this.estimator = new RateEstimator(options.sendLimits, this.roundTripTime, now);
    this.pacer = new Pacer(this.estimator.rate, LEAST_LEAD);
    this.pathMtu = new PathMtu({ base: BASE_MTU, maximum: bytes(options.mtu) });
    this.keepalive = new Keepalive(options.keepalive, now);
    this.receiveRate = maximumOf(options.receiveLimits);
    this.line = options.line ?? PLAIN_LINE;
    this.#state = { kind: "down", reason: "not started", since: now };
  }

  get name(): string {
    return this.options.name;
  }

  get addressOffset(): number {
    return this.options.addressOffset;
  }

  get state(): LinkState {
    return this.#state;
  }

  get isUp(): boolean {
    return this.#state.kind === "up";
  }

  /** Whether the peer has stopped to report what is sent: the line may be dead. */
  get isSilent(): boolean {
    return this.sentPackets.isSilent;
  }

  /** Takes how far ahead of the clock the line is to be filled. */
  setLead(lead: Milliseconds): void {
    this.pacer.lead = lead;
    this.estimator.target.lead = lead;
  }

  /** Whether the peer has ended this link in order. */
  get isClosedByPeer(): boolean {
    return this.#state.kind === "probing" && this.#state.isClosedByPeer;
  }

  /** The share that a weighted scheduler gives this link, in bytes per second. */
  get weight(): number {
    return this.estimator.capacity;
  }

  /** What the line's quota allows at the moment. */
  get allowance(): LinkAllowance {
    return this.#allowance;
  }

  /** The bytes of IP and UDP headers around each datagram. */
  get outerHeaderSize(): number {
    return this.#outerHeaderSize;
  }

  /** The largest PPP frame that fits into one datagram on this path. */
  get largestFrame(): number {
    return Math.max(SMALLEST_MTU, this.pathMtu.current) - this.#outerHeaderSize - DATAGRAM_OVERHEAD;
  }

  /**
   * What an outer IP packet of `size` bytes takes of the line. Rates are of these bytes, at both ends and in reports;
   * counters and MTUs are of IP packets.
   */
  bytesOnLine(size: number): number {
    return bytesOnLine(this.line.overhead, size);
  }

  /** How long an answer may take before it counts as missing. */
  get patience(): Milliseconds {
    if (this.roundTripTime.smoothed === undefined) return INITIAL_PATIENCE;
    return this.roundTripTime.timeout(milliseconds(50));
  }

  /** Whether a fragment may leave on this link now. */
  mayCarry(now: Milliseconds): boolean {
    return (
      this.#state.kind === "up" &&
      this.association !== undefined &&
      this.outlet?.hasRoom === true &&
      this.pacer.isFree(now) &&
      this.hasRoomInFlight &&
      !this.hasStalled(now)
    );
  }

  /**
   * When it may carry what was left over at `polledAt`, as far as clocks tell: that a blocked outlet has room again, its
   * socket tells. NEVER when it was free then already, and not wanted: another link is nearer, or it has enough in flight.
   */
  freeAfter(polledAt: Milliseconds): Milliseconds {
    if (!this.isUp || this.association === undefined || this.outlet?.isBlocked !== false) return NEVER;
    const freeAt = this.pacer.freeAt();
    return freeAt <= polledAt && this.outlet.hasRoom ? NEVER : freeAt;
  }

  /** For how many bytes, as they are on the line, one fragment after the other may leave now on a link that may carry. */
  room(now: Milliseconds): number {
    return Math.min(this.pacer.room(now), this.sentPackets.byteRoom(this.estimator.inFlightLimit));
  }

  /** Whether not so much is under way that the line must have stalled. */
  get hasRoomInFlight(): boolean {
    return this.sentPackets.hasRoom(this.estimator.inFlightLimit);
  }

  /** Whether on a line that changes all the time nothing arrives at the moment: more would only wait there. */
  hasStalled(now: Milliseconds): boolean {
    const { target } = this.estimator;
    return target.isRestless && this.sentPackets.oldestSentAt + this.#usualDelay + target.unrest <= now;
  }

  /** When the oldest packet that nothing is known of, and that was not copied to another link, is overdue. */
  overdueAt(): Milliseconds {
    const { sentPackets, estimator } = this;
    const position = estimator.target.isRestless ? sentPackets.oldestUncopied() : NO_POSITION;
    return position === NO_POSITION ? NEVER : milliseconds(sentPackets.sentAt(position) + this.#usualDelay);
  }

  get #usualDelay(): Milliseconds {
    const { capacity, target } = this.estimator;
    return usualDelay(this.roundTripTime.minimum ?? INITIAL_PATIENCE, capacity, target.wanted);
  }

  /** Takes the limits of the rate that both ends agreed on. */
  setRateLimits(limits: RateLimits, now: Milliseconds): void {
    this.#sendLimits = limits;
    this.#followLimits(now);
  }

  /** Takes what the line's quota allows from now on. */
  setAllowance(allowance: LinkAllowance, now: Milliseconds): void {
    this.#allowance = allowance;
    this.#followLimits(now);
  }

  /**
   * Takes a report of the peer, which may have come by another link; false when it is of another time. What became of
   * packets is in `sentPackets`.
   */
  handleReport(report: QualityReport, now: Milliseconds, isDetour = false): boolean {
    const { acknowledged, lost, spurious } = this.sentPackets;
    if (!this.hasRoomInFlight) this.pacer.onBlocked(now);
    const outcome = this.sentPackets.acknowledge(report, now, isDetour);
    if (outcome === undefined) return false;
    if (outcome.sentAt !== undefined) this.keepalive.onArrived(outcome.sentAt);
    this.sendLoss.count(acknowledged.count, lost.count - spurious.count, now);
    // What a dead line lost says nothing of its rate.
    if (this.sentPackets.probation.takeReturn()) this.estimator.resume(now);
    this.estimator.onAcknowledgement(outcome);
    this.#followRate(now);
    return true;
  }

  /** Forgets what was measured, as on another path. */
  restartMeasuring(now: Milliseconds): void {
    this.estimator.restart(now);
    this.#followRate(now);
  }

  #followLimits(now: Milliseconds): void {
    const limits = this.#sendLimits;
    this.estimator.setLimits(this.#allowance === "throttled" ? strictest(limits, THROTTLED) : limits, now);
    this.#followRate(now);
  }

  #followRate(now: Milliseconds): void {
    this.pacer.setRate(this.estimator.rate, now);
    this.reporter.setFeedbackRate(this.estimator.rate);
  }

  /** Takes the family of the peer's address over, on which the outer header's size depends. */
  setFamily(family: number): void {
    this.#outerHeaderSize = outerHeaderSize(family);
  }

  /** Applies an event and returns whether the state changed. */
  handle(event: LinkEvent, now: Milliseconds): boolean {
    const before = this.#state;
    this.#state = transition(before, event, now);
    return this.#state !== before;
  }
}
