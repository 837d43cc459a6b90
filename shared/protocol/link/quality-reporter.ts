import { type BytesPerSecond, type Milliseconds, milliseconds, NEVER, UNLIMITED } from "../units.ts";
import {
  DESCRIBED_LIMIT,
  LARGEST_QUALITY_REPORT,
  QUALITY_HEADER_SIZE,
  QualityReport,
  writeQualityReport,
} from "../wire/quality-report.ts";

// Losses go out after this time at the earliest, everything else after the next.
const URGENT_GAP = milliseconds(10);
const SHORTEST_GAP = milliseconds(25);

// Nothing waits longer. With the smallest report of 80 bytes this is just under 1 % of 1 Mbit/s.
const LONGEST_HOLD = milliseconds(66);

// Reports take at most this share of what they describe: a little under 1 %, as losses ask for some more of them.
const DESCRIBED_SHARE = 1 / 120;
// On a slow line back, reports must leave the room to acknowledgements and the like.
const FEEDBACK_SHARE = 0.025;

// RFC 9002 §6.1.1: a sender takes a packet for lost when the third one after it has arrived.
const LOSS_THRESHOLD = 3;

// A report repeats what the two before it said, as it may be the only one of them that arrives.
const REPORTS_TOLD = 3;
const LATENESS_TOLD = 256;
// Fast lines report early rather than overrun what one report can describe three times.
const MOST_UNREPORTED = DESCRIBED_LIMIT / 4;

// A link on which packets came closer together than this is quiet when none came for some such times, and not for less
// than this: then the line may be dead, and what the peer cannot be told on it is told on another link.
const BUSY_GAP = 25;
const QUIET_GAPS = 4;
const SHORTEST_QUIET = milliseconds(40);

// Filled and written in one go; one for all links, as it takes 4 KiB.
const SCRATCH = new QualityReport();

// The history begins as short as V8 keeps it in the object itself, which is enough for most idle links, and grows with the
// numbers of the session.
const SHORT_HISTORY = 64;
const HISTORY_GROWTH = 4;

const OUTER_SIZE_GUESS = 28 + 24;
const NONE = -1;

/**
 * Collects what arrived on one link and says when the sender should be told, and what: every 25 to 66 ms while data
 * flow, after 10 ms when packets seem to be lost, and never while nothing comes that needs a report. A change of keys
 * starts anew; what was not yet reported under the old keys is still told.
 */
export class QualityReporter {
  // A byte for each packet number modulo the size of the history; a report reads at most as many.
  #isReceived = new Uint8Array(SHORT_HISTORY);
  #farewell: Uint8Array | undefined;
  readonly #highestOfReports = new Float64Array(REPORTS_TOLD);
  #session = NONE;
  #previousSession = NONE;
  #serial = 0;
  #first = 0;
  #highest = NONE;
  #arrival = milliseconds(0);
  #receivedBytes = 0;
  #firstMissing = NONE;
  /** The newest number that was not there when the one after it came. */
  #newestGap = NONE;
  #isUrgent = false;
  #unreportedSince: Milliseconds = NEVER;
  #unreportedBytes = 0;
  #unreportedPackets = 0;
  #reportedAt = milliseconds(Number.NEGATIVE_INFINITY);
  /** How far apart packets came before the latest report. */
  #gap = Number.POSITIVE_INFINITY;
  #toldQuietAt = NONE;
  #reportSize = OUTER_SIZE_GUESS + QUALITY_HEADER_SIZE + 2;
  #feedbackRate: BytesPerSecond = UNLIMITED;

  /** Tells the rate at which this end sends on the link, of which reports take only a small share. */
  setFeedbackRate(rate: BytesPerSecond): void {
    this.#feedbackRate = rate;
  }

  /**
   * Takes an authentic packet that was not seen before: its session (the link index it came to), its number and the
   * bytes that it took of the line. One that `needsReport` is not a report itself, nor a keepalive, as two idle ends
   * would otherwise answer each other for ever. Late packets of the session before are passed over.
   */
  onPacket(session: number, packetNumber: number, size: number, needsReport: boolean, now: Milliseconds): void {
    this.onRun(session, packetNumber, 1, size, needsReport, now);
  }

  /**
   * Takes `count` packets with consecutive numbers and `size` bytes altogether, of which more than one has to be
   * above all before them, as `onPacket`; they need a report if any of them does.
   */
  onRun(session: number, first: number, count: number, size: number, needsReport: boolean, now: Milliseconds): void {
    if (session !== this.#session) {
      if (session === this.#previousSession) return;
      this.#changeSession(session, first, now);
    }
    this.#receivedBytes += size;
    this.#unreportedBytes += size;
    this.#unreportedPackets += count;
    this.#mark(first, count, now);
    if (needsReport && this.#unreportedSince === NEVER) this.#unreportedSince = now;
  }

  /** When a report is due; `NEVER` while there is no news. */
  nextTimeout(): Milliseconds {
    if (this.#farewell !== undefined) return milliseconds(0);
    if (this.#unreportedSince === NEVER) return NEVER;
    const latest = Math.max(this.#unreportedSince + LONGEST_HOLD, this.#reportedAt + this.#affordableGap());
    if (this.#unreportedPackets >= MOST_UNREPORTED) return this.#unreportedSince;
    const isWorthIt = this.#unreportedBytes * DESCRIBED_SHARE >= this.#reportSize;
    if (!isWorthIt && !this.#isUrgent) return milliseconds(latest);
    const gap = this.#isUrgent && isWorthIt ? URGENT_GAP : SHORTEST_GAP;
    const soon = this.#reportedAt + Math.max(gap, this.#affordableGap());
    return milliseconds(Math.min(latest, Math.max(soon, this.#isUrgent ? 0 : this.#unreportedSince)));
  }

  /** Whether a report is to be written now; to be asked again after each. */
  isDue(now: Milliseconds): boolean {
    return this.nextTimeout() <= now;
  }

  /** When a busy link has been quiet for so long that the peer should be told so on another one; `NEVER` if it is not. */
  get quietAt(): Milliseconds {
    if (this.#gap > BUSY_GAP || this.#toldQuietAt === this.#highest) return NEVER;
    return milliseconds(this.#arrival + Math.max(SHORTEST_QUIET, QUIET_GAPS * this.#gap));
  }

  /** Notes that the report that is written next tells that the link is quiet; it is told once. */
  onQuiet(): void {
    this.#toldQuietAt = this.#highest;
  }

  /**
   * Writes the report, a PPP frame of at most `LARGEST_QUALITY_REPORT` bytes, and returns its size; 0 when nothing
   * was received yet. `outerSize` is what the frame grows by on the line: sealing, UDP and IP.
   */
  write(bytes: Uint8Array, offset: number, outerSize: number, now: Milliseconds): number {
    if (this.#farewell !== undefined) {
      const size = this.#farewell.length;
      bytes.set(this.#farewell, offset);
      this.#farewell = undefined;
      return size;
    }
    if (this.#highest === NONE) return 0;
    const size = this.#writeNews(bytes, offset, now);
    this.#reportSize = size + outerSize;
    return size;
  }

  /** Forgets everything, as when the peer has lost its state. */
  restart(): void {
    this.#farewell = undefined;
    this.#session = NONE;
    this.#previousSession = NONE;
    this.#highest = NONE;
    this.#gap = Number.POSITIVE_INFINITY;
    this.#unreportedSince = NEVER;
  }

  /** How far apart reports have to be for their share of the line back. */
  #affordableGap(): number {
    return (this.#reportSize * 1000) / (this.#feedbackRate * FEEDBACK_SHARE);
  }

  #writeNews(bytes: Uint8Array, offset: number, now: Milliseconds): number {
    const report = SCRATCH;
    report.session = this.#session;
    report.serial = this.#serial & 0xffff;
    report.highest = this.#highest % 2 ** 32;
    report.receivedBytes = this.#receivedBytes % 2 ** 32;
    report.arrival = Math.round(this.#arrival * 1000) % 2 ** 32;
    report.hold = milliseconds(now - this.#arrival);
    report.described = Math.min(DESCRIBED_LIMIT - 1, this.#highest - this.#lowestDescribed());
    report.fillReceived(1, report.described, true);
    // As a rule nothing is missing, which is to be seen without a look at every number.
    if (this.#highest - report.described <= this.#newestGap) this.#describeMissing(report);
    this.#highestOfReports[this.#serial % REPORTS_TOLD] = this.#highest;
    this.#serial++;
    if (this.#unreportedPackets > 0) this.#gap = (this.#arrival - this.#reportedAt) / this.#unreportedPackets;
    this.#reportedAt = now;
    this.#unreportedSince = NEVER;
    this.#unreportedBytes = 0;
    this.#unreportedPackets = 0;
    this.#isUrgent = false;
    this.#firstMissing = NONE;
    return writeQualityReport(bytes, offset, report);
  }

  #describeMissing(report: QualityReport): void {
    const isReceived = this.#isReceived;
    for (let number = this.#highest - report.described; number < this.#highest; ) {
      const place = this.#place(number);
      const missing = isReceived.indexOf(0, place);
      number += (missing < 0 ? isReceived.length : missing) - place;
      if (missing >= 0 && number < this.#highest) report.setReceived(this.#highest - number++, false);
    }
  }

  /** From where on three reports, with the one to come, tell news; some more, as packets may have come late since. */
  #lowestDescribed(): number {
    const lowest = this.#highestOfReports[this.#serial % REPORTS_TOLD] ?? 0;
    return Math.max(this.#first, Math.min(lowest, this.#highest) - LATENESS_TOLD);
  }

  #changeSession(session: number, packetNumber: number, now: Milliseconds): void {
    if (this.#unreportedSince !== NEVER) this.#keepFarewell(now);
    this.#previousSession = this.#session;
    this.#session = session;
    this.#isReceived = new Uint8Array(SHORT_HISTORY);
    this.#serial = 0;
    // The first packets of a session may have been lost, or may come late: they count as missing from number 0 on.
    this.#first = Math.max(0, packetNumber - DESCRIBED_LIMIT / 4);
    this.#highestOfReports.fill(this.#first);
    this.#highest = this.#first - 1;
    this.#newestGap = this.#highest;
    this.#receivedBytes = 0;
    this.#unreportedBytes = 0;
    this.#unreportedPackets = 0;
    this.#unreportedSince = NEVER;
    this.#isUrgent = false;
    this.#firstMissing = NONE;
  }

  #keepFarewell(now: Milliseconds): void {
    const farewell = new Uint8Array(LARGEST_QUALITY_REPORT);
    this.#farewell = farewell.slice(0, this.#writeNews(farewell, 0, now));
  }

  #mark(first: number, count: number, now: Milliseconds): void {
    const last = first + count - 1;
    if (last >= this.#isReceived.length) this.#lengthenHistory(last);
    const isReceived = this.#isReceived;
    const mask = isReceived.length - 1;
    if (first <= this.#highest) {
      if (this.#highest - first < DESCRIBED_LIMIT) isReceived[first & mask] = 1;
      return;
    }
    const missing = first - this.#highest - 1;
    if (missing > 0) {
      this.#newestGap = first - 1;
      this.#forget(Math.min(missing, DESCRIBED_LIMIT), first);
      if (this.#firstMissing === NONE) this.#firstMissing = this.#highest + 1;
    }
    for (let place = 0; place < count; place++) isReceived[(first + place) & mask] = 1;
    this.#highest = last;
    this.#arrival = now;
    this.#judgeMissing();
  }

  /** A gap is a loss once the third packet after its first number is there and that one still is not. */
  #judgeMissing(): void {
    const missing = this.#firstMissing;
    if (missing === NONE || this.#highest - missing < LOSS_THRESHOLD) return;
    if (!this.#wasReceived(missing)) this.#isUrgent = true;
    else this.#firstMissing = NONE;
  }

  /** Until the history is as long as it gets, every number of the session is its own place. */
  #lengthenHistory(packetNumber: number): void {
    let length = this.#isReceived.length;
    while (length <= packetNumber && length < DESCRIBED_LIMIT) length *= HISTORY_GROWTH;
    if (length === this.#isReceived.length) return;
    const longer = new Uint8Array(length);
    longer.set(this.#isReceived);
    this.#isReceived = longer;
  }

  /** Clears the places of the `count` numbers just below `packetNumber`. */
  #forget(count: number, packetNumber: number): void {
    for (let below = 1; below <= count; below++) {
      const number = packetNumber - below;
      if (number >= 0) this.#isReceived[this.#place(number)] = 0;
    }
  }

  #wasReceived(packetNumber: number): boolean {
    return this.#isReceived[this.#place(packetNumber)] === 1;
  }

  // Histories are as long as a power of two.
  #place(packetNumber: number): number {
    return packetNumber & (this.#isReceived.length - 1);
  }
}
