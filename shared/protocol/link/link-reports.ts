import type { Arena } from "../packet/arena.ts";
import { type CellPool, NO_CELL } from "../packet/cell-pool.ts";
import { earliest, type Milliseconds, milliseconds, seconds } from "../units.ts";
import { DATAGRAM_OVERHEAD } from "../wire/datagram-header.ts";
import { LARGEST_QUALITY_REPORT, QualityReport, readQualityReport } from "../wire/quality-report.ts";
import { arrivalOn, nearestLink } from "./arrival.ts";
import type { MemberLink } from "./member-link.ts";
import { STANDING, standingOf } from "./standing.ts";
import { transmit } from "./transmit.ts";

// What arrived last, read in one go; one for all links, as it takes 4 KiB.
const SCRATCH = new QualityReport();

// A link that went quiet while it was busy may do so again.
const DOUBTED_FOR = seconds(10);

// A report that comes so much later by another link would look like silence of this one.
const MOST_FARTHER = milliseconds(50);

/** Exchanges quality reports (the purpose of RFC 1989) on one link. */
export class LinkReports {
  readonly #link: MemberLink;
  readonly #links: readonly MemberLink[];
  readonly #arena: Arena;
  readonly #cells: CellPool;
  #quietAt = milliseconds(Number.NEGATIVE_INFINITY);
  #isOwnTurn = false;

  /** Beside `links`, which are all of its bundle. */
  constructor(link: MemberLink, links: readonly MemberLink[], arena: Arena, cells: CellPool) {
    this.#link = link;
    this.#links = links;
    this.#arena = arena;
    this.#cells = cells;
  }

  /**
   * Takes a report's frame and returns the link that it is of, as a rule this one; undefined when it cannot be read.
   * What became of packets is in that link's `sentPackets`.
   */
  handleFrame(offset: number, length: number, now: Milliseconds): MemberLink | undefined {
    const report = SCRATCH;
    if (!readQualityReport(this.#arena.bytes, offset, length, report)) return undefined;
    const link = this.#link;
    if (link.handleReport(report, now)) return link;
    // It is of another link, or of keys that have been given up since: one report says all but what a round trip takes.
    report.hold = undefined;
    return this.#links.find((other) => other !== link && other.handleReport(report, now, true)) ?? link;
  }

  /** Sends the reports that are due, and finds packets that are lost by time, as in the link's `sentPackets`. */
  handleTimeout(now: Milliseconds): void {
    const { reporter, sentPackets, pathMtu } = this.#link;
    while (reporter.isDue(now) && (this.#sendAround(now) || this.#send(this.#link, now)));
    if (reporter.quietAt <= now) this.#tellQuiet(now);
    const wasSilent = sentPackets.isSilent;
    sentPackets.handleTimeout(now);
    // RFC 8899 §4.3: perhaps only large packets do not come through any more.
    if (sentPackets.isSilent && !wasSilent) pathMtu.onSuspicion(now);
  }

  /** When `handleTimeout` has something to do. */
  nextTimeout(): Milliseconds {
    const { reporter, sentPackets, association, outlet } = this.#link;
    const loss = earliest(sentPackets.nextTimeout(), reporter.quietAt);
    // A socket that takes nothing wakes us up by itself, and cells are given back by what else happens.
    const maySend = association !== undefined && outlet?.isBlocked === false && this.#cells.freeCount > 0;
    return maySend ? earliest(loss, reporter.nextTimeout()) : loss;
  }

  /** Perhaps nothing arrives any more, and the latest reports did not either. */
  #tellQuiet(now: Milliseconds): void {
    const { reporter } = this.#link;
    reporter.onQuiet();
    this.#quietAt = now;
    const other = nearestLink(this.#links, LARGEST_QUALITY_REPORT, now, this.#link);
    if (other !== undefined) this.#send(other, now);
  }

  /**
   * Sends every other report on another link where this one went quiet lately: what stalls one way of a line may stall
   * the other, and a report that waits there is as good as lost.
   */
  #sendAround(now: Milliseconds): boolean {
    this.#isOwnTurn = !this.#isOwnTurn;
    if (this.#isOwnTurn || now - this.#quietAt > DOUBTED_FOR) return false;
    const other = nearestLink(this.#links, LARGEST_QUALITY_REPORT, now, this.#link);
    if (other === undefined || standingOf(other) !== STANDING.used) return false;
    const own = arrivalOn(this.#link, LARGEST_QUALITY_REPORT, now);
    const isFar = arrivalOn(other, LARGEST_QUALITY_REPORT, now) > own + MOST_FARTHER;
    return !isFar && this.#send(other, now);
  }

  /** Sends the report on `link`. */
  #send(link: MemberLink, now: Milliseconds): boolean {
    const cell = link.association === undefined || link.outlet?.hasRoom !== true ? NO_CELL : this.#cells.take();
    if (cell === NO_CELL) return false;
    const outerSize = DATAGRAM_OVERHEAD + link.outerHeaderSize;
    const size = this.#link.reporter.write(this.#arena.bytes, cell, outerSize, now);
    if (size > 0) transmit(link, cell, size, 0, 0, 0, now);
    this.#cells.release(cell);
    return size > 0;
  }
}
