import { inferPacketNumber } from "../seal/packet-number.ts";
import { type Milliseconds, milliseconds, NEVER } from "../units.ts";
import type { QualityReport } from "../wire/quality-report.ts";
import { Acknowledgement, DeliveryClock } from "./acknowledgement.ts";
import { LossPatience } from "./loss-patience.ts";
import { Probation } from "./probation.ts";
import type { RoundTripTime } from "./round-trip-time.ts";
import { FATE, MOST_AWAITED, NO_POSITION, PositionList, SentRing } from "./sent-ring.ts";
import { isNewestReport, type SentSession, SentSessions, takeCounts } from "./sent-sessions.ts";
import { SpuriousLossMargin } from "./spurious-loss-margin.ts";

/**
 * What was sent on one link and what became of it, by the peer's reports. Packets are known by position, which counts
 * over all sessions of the link, so rekeying loses nothing. Two opaque integers per packet tell the caller what it
 * was. Nothing is allocated per packet; the lists and the `Acknowledgement` hold until the next call.
 */
export class SentPackets {
  /** Those that became acknowledged by the latest call; with `spurious` ones that had been called lost before. */
  readonly acknowledged = new PositionList();
  /** Those that became lost by the latest call. */
  readonly lost = new PositionList();
  readonly spurious = new PositionList();
  /** What may be in flight for how well the link answers. */
  readonly probation = new Probation();
  readonly #ring = new SentRing();
  readonly #clock = new DeliveryClock();
  readonly #result = new Acknowledgement();
  readonly #margin = new SpuriousLossMargin();
  readonly #patience: LossPatience;
  readonly #sessions = new SentSessions();
  #oldestOutstanding = 0;
  #highestAcknowledged = NO_POSITION;
  #sentBytes = 0;
  #inFlightBytes = 0;
  #inFlightPackets = 0;
  /** The first packet that was called lost because reports were overdue. */
  #firstUnanswered = NO_POSITION;
  #oldestLost = Number.POSITIVE_INFINITY;
  #newestLost = NO_POSITION;
  #lossTime: Milliseconds = NEVER;

  /** Samples of the round-trip time go to `roundTripTime`, from which the time threshold of losses comes. */
  constructor(roundTripTime: RoundTripTime) {
    this.#patience = new LossPatience(roundTripTime);
  }

  /** The bytes of watched packets that are neither acknowledged nor lost. */
  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  get inFlightPackets(): number {
    return this.#inFlightPackets;
  }

  /** Whether a packet more may be in flight, of which `limit` bytes may be; only a few on a link that went silent. */
  hasRoom(limit: number): boolean {
    if (this.#ring.next - this.#firstOutstanding() >= MOST_AWAITED) return false;
    return this.#inFlightBytes < Math.min(limit, this.probation.limit);
  }

  /** Notes that something that was sent has arrived: a link that was silent is tried again, with a little at first. */
  onAnswer(now: Milliseconds): void {
    this.probation.onAnswer();
    this.#patience.onAnswer(this.oldestSentAt, now);
  }

  /** Whether the peer owes reports for longer than it should: what is sent now may be lost. */
  get isSilent(): boolean {
    return this.#patience.isSilent;
  }

  /** When the oldest packet without a word from the peer was sent; `NEVER` when there is none. */
  get oldestSentAt(): Milliseconds {
    const position = this.#firstOutstanding();
    return position === this.#ring.next ? NEVER : this.sentAt(position);
  }

  /** Starts the numbers anew under the peer's link index of another session; the one before is still acknowledged. */
  restart(session: number): void {
    if (this.#inFlightPackets + this.acknowledged.count + this.lost.count === 0) this.#ring.rest();
    this.#sessions.begin(session, this.#ring.next);
  }

  /**
   * Notes a packet that leaves now, of `size` bytes on the line. Numbers ascend within a session. Unless it is watched,
   * it is neither in flight nor ever lost, as the peer need not report it. `idleTime` is the pacer's.
   */
  record(packetNumber: number, size: number, now: Milliseconds, idleTime: number): void {
    const position = this.#sessions.base + packetNumber;
    if (this.#ring.isAtRest) return this.#ring.pass(position, size, now, idleTime);
    while (this.#ring.next < position) this.#push(0, now, idleTime);
    this.#push(size, now, idleTime);
  }

  /** Watches the packet that was recorded last; the two integers tell the caller later what it was. */
  watch(first: number, second: number): void {
    const ring = this.#ring;
    if (ring.isAtRest) this.#push(ring.takeBack(), ring.passedAt, ring.passedIdle);
    const index = ring.index(ring.next - 1);
    ring.first[index] = first;
    ring.second[index] = second;
    ring.fate[index] = FATE.outstanding;
    this.#inFlightBytes += ring.size[index] ?? 0;
    this.#inFlightPackets++;
  }

  /**
   * Takes a report; undefined when it is of no known session or of packets that were not sent. One that came by another
   * link, a detour, tells what arrived, and nothing of this link's way back.
   */
  acknowledge(report: QualityReport, now: Milliseconds, isDetour = false): Acknowledgement | undefined {
    this.clearLists();
    const session = this.#sessions.find(report.session);
    if (session === undefined) return undefined;
    const highest = inferPacketNumber(report.highest, session.highest);
    const position = session.base + highest;
    if (highest < 0 || position >= this.#sessions.endOf(session, this.#ring.next)) return undefined;
    const isNewest = !isDetour && isNewestReport(session, report.serial);
    const result = this.#result;
    result.clear(now);
    result.isNewest = isNewest && position >= this.#highestAcknowledged;
    if (result.isNewest) this.onAnswer(now);
    if (result.isNewest) this.probation.onReport();
    if (isNewest) this.#takeCounts(session, report, highest, position, now);
    for (let at = this.#lowestUnsettled(session, position - report.described); at <= position; at++)
      if (at === position || report.isReceived(position - at)) this.#settle(at, now);
    this.#highestAcknowledged = Math.max(this.#highestAcknowledged, position);
    this.#detectLosses(now);
    result.inFlightBytes = this.#inFlightBytes;
    return result;
  }

  /** When packets become lost by time alone. */
  nextTimeout(): Milliseconds {
    if (this.#lossTime !== NEVER || this.#inFlightPackets === 0) return this.#lossTime;
    return this.#patience.unansweredAt(this.oldestSentAt);
  }

  /** Finds what is lost by time (RFC 9002 §6.1.2); to be read from `lost`. */
  handleTimeout(now: Milliseconds): void {
    this.clearLists();
    if (this.nextTimeout() <= now) this.#detectLosses(now);
  }

  /** Calls everything lost that is outstanding, as when the link is given up; to be read from `lost`. */
  abandon(): void {
    this.clearLists();
    this.probation.onAbandoned();
    for (let at = this.#firstOutstanding(); at < this.#ring.next; at = this.#firstOutstanding()) this.#lose(at);
    this.#lossTime = NEVER;
  }

  sentAt(position: number): Milliseconds {
    return milliseconds(this.#ring.sentAt[this.#ring.index(position)] ?? 0);
  }

  size(position: number): number {
    return this.#ring.size[this.#ring.index(position)] ?? 0;
  }

  /** Of the caller's integers the first, which becomes `replacement`. */
  takeFirst(position: number, replacement: number): number {
    const index = this.#ring.index(position);
    const first = this.#ring.first[index] ?? 0;
    this.#ring.first[index] = replacement;
    return first;
  }

  /** The second of the caller's integers. */
  second(position: number): number {
    return this.#ring.second[this.#ring.index(position)] ?? 0;
  }

  #push(size: number, now: Milliseconds, idleTime: number): void {
    const ring = this.#ring;
    if (this.#inFlightPackets === 0) this.#clock.restartFlight(now);
    const oldest = this.#firstOutstanding();
    const index = ring.push(this.#patience.isSilent ? Math.min(oldest, this.#firstUnanswered) : oldest);
    // In a full ring the oldest packet is written over.
    if (ring.fate[index] === FATE.outstanding) this.#forgetOutstanding(index);
    ring.sentAt[index] = now;
    ring.size[index] = size;
    ring.fate[index] = FATE.unwatched;
    ring.sentBefore[index] = this.#sentBytes;
    ring.idleBefore[index] = idleTime;
    this.#clock.stamp(ring, index);
    this.#sentBytes += size;
  }

  #forgetOutstanding(index: number): void {
    this.#inFlightBytes -= this.#ring.size[index] ?? 0;
    this.#inFlightPackets--;
  }

  /** From where on a report that describes packets from `described` on may tell something new. */
  #lowestUnsettled(session: SentSession, described: number): number {
    if (this.#newestLost < described) this.#oldestLost = Number.POSITIVE_INFINITY;
    const unsettled = Math.min(this.#firstOutstanding(), this.#oldestLost);
    return Math.max(session.base, this.#ring.oldest, described, unsettled);
  }

  /** Takes the counts and times of a report that is newer than all before it. */
  #takeCounts(
    session: SentSession,
    report: QualityReport,
    highest: number,
    position: number,
    now: Milliseconds,
  ): void {
    const isNew = highest > session.highest;
    this.#clock.deliver(takeCounts(session, report, highest));
    const result = this.#result;
    result.deliveredBytes = this.#clock.delivered;
    if (!isNew || !this.#ring.isRemembered(position) || !result.isNewest) return;
    const index = this.#ring.index(position);
    const sentAt = this.sentAt(position);
    result.sentAt = sentAt;
    result.size = this.#ring.size[index] ?? 0;
    result.sentBytes = (this.#ring.sentBefore[index] ?? 0) + result.size;
    result.idleTime = this.#ring.idleBefore[index] ?? 0;
    this.#clock.sample(this.#ring, index, report.arrival, result);
    if (report.hold === undefined) return;
    const roundTrip = milliseconds(Math.max(0, now - sentAt - report.hold));
    result.roundTrip = roundTrip;
    this.#patience.sample(roundTrip, now);
  }

  #settle(position: number, now: Milliseconds): void {
    const ring = this.#ring;
    if (!ring.isRemembered(position)) return;
    const index = ring.index(position);
    const fate = ring.fate[index];
    if (fate !== FATE.outstanding && fate !== FATE.lost) return;
    ring.fate[index] = FATE.acknowledged;
    this.acknowledged.push(position);
    this.#result.acknowledgedBytes += ring.size[index] ?? 0;
    if (fate === FATE.lost) {
      this.spurious.push(position);
      const excess = now - this.sentAt(position) - this.#patience.overtaken;
      this.#margin.onSpurious(this.#highestAcknowledged - position, excess, now);
      return;
    }
    this.#forgetOutstanding(index);
  }

  /** RFC 9002 §6.1: lost is what was sent before an acknowledged packet, by enough packets or enough time. */
  #detectLosses(now: Milliseconds): void {
    const ring = this.#ring;
    const overtaken = this.#margin.patience(this.#patience.overtaken, now);
    const below = this.#highestAcknowledged - this.#margin.packets(now);
    for (let at = this.#firstOutstanding(); at < this.#highestAcknowledged; at++) {
      const index = ring.index(at);
      if (ring.fate[index] !== FATE.outstanding) continue;
      // As the time is computed for `nextTimeout`, rounding and all.
      if (at <= below || (ring.sentAt[index] ?? 0) + overtaken <= now) this.#lose(at);
    }
    this.#loseTail(overtaken, now);
  }

  /** Once reports are overdue, all is lost of which nothing is known, as by a retransmission timeout of TCP. */
  #loseTail(overtaken: Milliseconds, now: Milliseconds): void {
    let oldest = this.#firstOutstanding();
    const { next } = this.#ring;
    if (oldest < next && this.#patience.unansweredAt(this.sentAt(oldest)) <= now) {
      if (!this.#patience.isSilent) this.#firstUnanswered = oldest;
      this.#patience.onSilence();
      this.probation.onSilence();
      for (; oldest < next; oldest = this.#firstOutstanding()) this.#lose(oldest);
    }
    const sentAt = this.sentAt(oldest);
    const due = oldest < this.#highestAcknowledged ? sentAt + overtaken : this.#patience.unansweredAt(sentAt);
    this.#lossTime = oldest === next ? NEVER : milliseconds(due);
  }

  #lose(position: number): void {
    const index = this.#ring.index(position);
    this.#ring.fate[index] = FATE.lost;
    this.lost.push(position);
    this.#oldestLost = Math.min(this.#oldestLost, position);
    this.#newestLost = Math.max(this.#newestLost, position);
    this.#forgetOutstanding(index);
    this.#result.lostBytes += this.#ring.size[index] ?? 0;
  }

  #firstOutstanding(): number {
    const ring = this.#ring;
    let at = Math.max(this.#oldestOutstanding, ring.oldest);
    while (at < ring.next && ring.fate[ring.index(at)] !== FATE.outstanding) at++;
    this.#oldestOutstanding = at;
    return at;
  }

  clearLists(): void {
    this.acknowledged.clear();
    this.lost.clear();
    this.spurious.clear();
  }
}
