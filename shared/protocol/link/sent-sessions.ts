import type { QualityReport } from "../wire/quality-report.ts";

const NONE = -1;

/** How the packet numbers of a session lie on the positions of its link, and what the newest report said of it. */
export type SentSession = {
  /** The peer's link index. */
  readonly index: number;
  /** The position of packet 0. */
  readonly base: number;
  highest: number;
  serial: number;
  bytes: number;
};

/** The session that a link sends in, and the one before, of which reports still come. */
export class SentSessions {
  #current: SentSession | undefined;
  #previous: SentSession | undefined;

  /** The position of the present session's packet 0. */
  get base(): number {
    return this.#current?.base ?? 0;
  }

  /** Begins another session, of which packet 0 has the position `base`. */
  begin(index: number, base: number): void {
    this.#previous = this.#current;
    this.#current = { index, base, highest: NONE, serial: NONE, bytes: 0 };
  }

  find(index: number): SentSession | undefined {
    if (this.#current?.index === index) return this.#current;
    return this.#previous?.index === index ? this.#previous : undefined;
  }

  /** The position after the last of a session, where `next` is that of the next packet of the link. */
  endOf(session: SentSession, next: number): number {
    return session === this.#current ? next : this.base;
  }
}

/** Whether a report is newer than all before it of its session: serial numbers have 16 bits and wrap. */
export function isNewestReport(session: SentSession, serial: number): boolean {
  return session.serial === NONE || ((serial - session.serial) << 16) >> 16 > 0;
}

/** Takes the counts of a session's newest report, of packets up to `highest`; the bytes that arrived since the one before. */
export function takeCounts(session: SentSession, report: QualityReport, highest: number): number {
  const received = (report.receivedBytes - session.bytes) >>> 0;
  session.bytes = report.receivedBytes;
  session.serial = report.serial;
  session.highest = Math.max(session.highest, highest);
  return received;
}
