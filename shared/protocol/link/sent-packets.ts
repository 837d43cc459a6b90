import { inferPacketNumber } from "../seal/packet-number.ts";
import { type Milliseconds, milliseconds, NEVER } from "../units.ts";
import type { QualityReport } from "../wire/quality-report.ts";
import { Acknowledgement } from "./acknowledgement.ts";
import { LossPatience } from "./loss-patience.ts";
import { LostSpan } from "./lost-span.ts";
import type { IdleClock } from "./pacer.ts";
import { NO_POSITION, PositionList } from "./position-list.ts";
import { Probation } from "./probation.ts";
import type { RoundTripTime } from "./round-trip-time.ts";
import { SentLog } from "./sent-log.ts";
import { FATE, MOST_AWAITED, type SentRun } from "./sent-ring.ts";
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
  readonly #log = new SentLog();
  readonly #ring = this.#log.ring;
  readonly #clock = this.#log.clock;
  readonly #result = new Acknowledgement();
  readonly #margin = new SpuriousLossMargin();
  readonly #patience: LossPatience;
  readonly #sessions = new SentSessions();
  #highestAcknowledged = NO_POSITION;
  /** The first packet that was called lost because reports were overdue. */
  #firstUnanswered = NO_POSITION;
  readonly #lostSpan = new LostSpan();
  #lossTime: Milliseconds = NEVER;
  /** Up to here, what is outstanding was copied to another link. */
  #uncopied = 0;

  /** Samples of the round-trip time go to `roundTripTime`, from which the time threshold of losses comes. */
  constructor(roundTripTime: RoundTripTime) {
    this.#patience = new LossPatience(roundTripTime);
  }

  /** The bytes of watched packets that are neither acknowledged nor lost. */
  get inFlightBytes(): number {
    return this.#log.inFlightBytes;
  }

  get inFlightPackets(): number {
    return this.#log.inFlightPackets;
  }

  /** Whether a packet more may be in flight, of which `limit` bytes may be; only a few on a link that went silent. */
  hasRoom(limit: number): boolean {
    return this.#ring.next - this.#log.firstOutstanding() < MOST_AWAITED && this.byteRoom(limit) > 0;
  }

  /** For how many bytes more one packet after the other may be in flight, of which `limit` may be. */
  byteRoom(limit: number): number {
    return Math.min(limit, this.probation.limit) - this.#log.inFlightBytes;
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
    const position = this.#log.firstOutstanding();
    return position === this.#ring.next ? NEVER : this.sentAt(position);
  }

  /** Starts the numbers anew under the peer's link index of another session; the one before is still acknowledged. */
  restart(session: number): void {
    if (this.#log.inFlightPackets + this.acknowledged.count + this.lost.count === 0) this.#ring.rest();
    this.#sessions.begin(session, this.#ring.next);
  }

  /**
   * Notes a packet that leaves now, of `size` bytes on the line. Numbers ascend within a session. Unless it is watched,
   * it is neither in flight nor ever lost, as the peer need not report it. `pacer` is the link's.
   */
  record(packetNumber: number, size: number, now: Milliseconds, pacer: IdleClock): void {
    this.#log.record(this.#sessions.base + packetNumber, size, now, pacer, this.#keepFrom);
  }

  /** Watches the packet that was recorded last; the two integers tell the caller later what it was. */
  watch(first: number, second: number): void {
    this.#log.watchLatest(first, second, this.#keepFrom);
  }

  /** Notes packets that leave now with numbers from `first` on, and watches them, as `record` and `watch`. */
  recordRun(first: number, run: SentRun, now: Milliseconds, pacer: IdleClock): void {
    this.#log.recordRun(this.#sessions.base + first, run, now, pacer, this.#keepFrom);
  }

  /**
   * Takes a report; undefined when it is of no known session or of packets that were not sent. One that came by another
   * link, a detour, tells what arrived and when, and nothing of this link's way back.
   */
  acknowledge(report: QualityReport, now: Milliseconds, isDetour = false): Acknowledgement | undefined {
    this.clearLists();
    const session = this.#sessions.find(report.session);
    if (session === undefined) return undefined;
    const highest = inferPacketNumber(report.highest, session.highest);
    const position = session.base + highest;
    if (highest < 0 || position >= this.#sessions.endOf(session, this.#ring.next)) return undefined;
    const isNewest = isNewestReport(session, report.serial);
    const result = this.#result;
    result.clear(now);
    result.isNewest = isNewest && position >= this.#highestAcknowledged;
    const heardAt = isDetour ? this.#patience.heardAround(this.sentAt(position), now) : now;
    if (result.isNewest && heardAt <= now) this.onAnswer(heardAt);
    if (result.isNewest && heardAt <= now) this.probation.onReport();
    if (isNewest) this.#takeCounts(session, report, position, now);
    for (let at = this.#lowestUnsettled(session, position - report.described); at <= position; at++)
      if (at === position || report.isReceived(position - at)) this.#settle(at, now);
    this.#highestAcknowledged = Math.max(this.#highestAcknowledged, position);
    this.#detectLosses(now);
    result.inFlightBytes = this.#log.inFlightBytes;
    return result;
  }

  /** When packets become lost by time alone. */
  nextTimeout(): Milliseconds {
    if (this.#lossTime !== NEVER || this.#log.inFlightPackets === 0) return this.#lossTime;
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
    for (let at = this.#log.firstOutstanding(); at < this.#ring.next; at = this.#log.firstOutstanding())
      this.#lose(at);
    this.#lossTime = NEVER;
  }

  /** The oldest outstanding packet of which there is no copy yet, or `NO_POSITION`. */
  oldestUncopied(): number {
    const ring = this.#ring;
    let at = Math.max(this.#uncopied, this.#log.firstOutstanding());
    while (at < ring.next && ring.fate[ring.index(at)] !== FATE.outstanding) at++;
    this.#uncopied = at;
    return at < ring.next ? at : NO_POSITION;
  }

  /** Notes that a packet, and so all before it, was copied to another link. */
  onCopied(position: number): void {
    this.#uncopied = position + 1;
  }

  sentAt(position: number): Milliseconds {
    return milliseconds(this.#ring.sentAt(this.#ring.index(position)));
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

  /** The first of the caller's integers. */
  first(position: number): number {
    return this.#ring.first[this.#ring.index(position)] ?? 0;
  }

  /** The second of the caller's integers. */
  second(position: number): number {
    return this.#ring.second[this.#ring.index(position)] ?? 0;
  }

  /** What is not to be written over, beside what is outstanding: reports of it may still come. */
  get #keepFrom(): number {
    return this.#patience.isSilent ? this.#firstUnanswered : Number.POSITIVE_INFINITY;
  }

  /** From where on a report that describes packets from `described` on may tell something new. */
  #lowestUnsettled(session: SentSession, described: number): number {
    const unsettled = Math.min(this.#log.firstOutstanding(), this.#lostSpan.oldestFrom(described));
    return Math.max(session.base, this.#ring.oldest, described, unsettled);
  }

  /** Takes the counts and times of a report that is newer than all before it. */
  #takeCounts(session: SentSession, report: QualityReport, position: number, now: Milliseconds): void {
    const isNew = position - session.base > session.highest;
    this.#clock.deliver(takeCounts(session, report, position - session.base));
    const result = this.#result;
    result.deliveredBytes = this.#clock.delivered;
    if (!isNew || !this.#ring.isRemembered(position) || !result.isNewest) return;
    const index = this.#ring.index(position);
    const sentAt = this.sentAt(position);
    result.sentAt = sentAt;
    result.size = this.#ring.size[index] ?? 0;
    result.sentBytes = this.#ring.sentBefore(index) + result.size;
    const { stamps } = this.#ring;
    const stamp = this.#ring.stamp[index] ?? 0;
    result.idleTime = stamps.idleBefore[stamp] ?? 0;
    this.#clock.sample(stamps, stamp, report.arrival, result);
    if (report.hold === undefined) return;
    result.roundTrip = milliseconds(Math.max(0, now - sentAt - report.hold));
    this.#patience.sample(result.roundTrip, now);
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
    this.#log.settle(index);
  }

  /** RFC 9002 §6.1: lost is what was sent before an acknowledged packet, by enough packets or enough time. */
  #detectLosses(now: Milliseconds): void {
    const ring = this.#ring;
    const overtaken = this.#margin.patience(this.#patience.overtaken, now);
    const below = this.#highestAcknowledged - this.#margin.packets(now);
    for (let at = this.#log.firstOutstanding(); at < this.#highestAcknowledged; at++) {
      const index = ring.index(at);
      if (ring.fate[index] !== FATE.outstanding) continue;
      // As the time is computed for `nextTimeout`, rounding and all.
      if (at <= below || ring.sentAt(index) + overtaken <= now) this.#lose(at);
    }
    this.#loseTail(overtaken, now);
  }

  /** Once reports are overdue, all is lost of which nothing is known, as by a retransmission timeout of TCP. */
  #loseTail(overtaken: Milliseconds, now: Milliseconds): void {
    let oldest = this.#log.firstOutstanding();
    if (oldest < this.#ring.next && this.#patience.unansweredAt(this.sentAt(oldest)) <= now) {
      if (!this.#patience.isSilent) this.#firstUnanswered = oldest;
      this.#patience.onSilence();
      this.probation.onSilence();
      for (; oldest < this.#ring.next; oldest = this.#log.firstOutstanding()) this.#lose(oldest);
    }
    const sentAt = this.sentAt(oldest);
    const due = oldest < this.#highestAcknowledged ? sentAt + overtaken : this.#patience.unansweredAt(sentAt);
    this.#lossTime = oldest === this.#ring.next ? NEVER : milliseconds(due);
  }

  #lose(position: number): void {
    const index = this.#ring.index(position);
    this.#ring.fate[index] = FATE.lost;
    this.lost.push(position);
    this.#lostSpan.note(position);
    this.#log.settle(index);
    this.#result.lostBytes += this.#ring.size[index] ?? 0;
  }

  clearLists(): void {
    this.acknowledged.clear();
    this.lost.clear();
    this.spurious.clear();
  }
}
