import type { Arena } from "../packet/arena.ts";
import { type CellPool, NO_CELL } from "../packet/cell-pool.ts";
import { earliest, type Milliseconds } from "../units.ts";
import { DATAGRAM_OVERHEAD } from "../wire/datagram-header.ts";
import { QualityReport, readQualityReport } from "../wire/quality-report.ts";
import type { MemberLink } from "./member-link.ts";
import { transmit } from "./transmit.ts";

/** Exchanges quality reports (the purpose of RFC 1989) on one link. */
export class LinkReports {
  readonly #link: MemberLink;
  readonly #arena: Arena;
  readonly #cells: CellPool;
  readonly #report = new QualityReport();

  constructor(link: MemberLink, arena: Arena, cells: CellPool) {
    this.#link = link;
    this.#arena = arena;
    this.#cells = cells;
  }

  /** Takes a report's frame; false when it cannot be read. What became of packets is in the link's `sentPackets`. */
  handleFrame(offset: number, length: number, now: Milliseconds): boolean {
    const link = this.#link;
    // One report says all, and it may be of keys that have been given up since.
    if (!readQualityReport(this.#arena.bytes, offset, length, this.#report)) return false;
    link.handleReport(this.#report, now);
    return true;
  }

  /** Sends the reports that are due, and finds packets that are lost by time, as in the link's `sentPackets`. */
  handleTimeout(now: Milliseconds): void {
    const { reporter, sentPackets, pathMtu } = this.#link;
    while (reporter.isDue(now) && this.#send(now));
    const wasSilent = sentPackets.isSilent;
    sentPackets.handleTimeout(now);
    // RFC 8899 §4.3: perhaps only large packets do not come through any more.
    if (sentPackets.isSilent && !wasSilent) pathMtu.onSuspicion(now);
  }

  /** When `handleTimeout` has something to do. */
  nextTimeout(): Milliseconds {
    const { reporter, sentPackets, association, outlet } = this.#link;
    const loss = sentPackets.nextTimeout();
    // A socket that takes nothing wakes us up by itself, and cells are given back by what else happens.
    const maySend = association !== undefined && outlet?.isBlocked === false && this.#cells.freeCount > 0;
    return maySend ? earliest(loss, reporter.nextTimeout()) : loss;
  }

  #send(now: Milliseconds): boolean {
    const link = this.#link;
    const cell = link.association === undefined || link.outlet?.hasRoom !== true ? NO_CELL : this.#cells.take();
    if (cell === NO_CELL) return false;
    const outerSize = DATAGRAM_OVERHEAD + link.outerHeaderSize;
    const size = link.reporter.write(this.#arena.bytes, cell, outerSize, now);
    if (size > 0) transmit(link, cell, size, 0, 0, 0, now);
    this.#cells.release(cell);
    return size > 0;
  }
}
