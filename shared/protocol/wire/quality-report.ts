// A report of what arrived on one link, in a PPP frame of the link quality protocol (the purpose of RFC 1989):
//  0..1   0xc025
//  2      how the receptions are written: 0 a bitmap, 1 run lengths
//  3..5   the link index to which the described packets came, so the session that numbered them
//  6..7   serial number of the report within the session
//  8..11  highest packet number that was received, its low 32 bits
//  12..15 bytes received since the session began (whole outer IP packets), the low 32 bits
//  16..19 when the highest packet arrived: microseconds of the receiver's clock, the low 32 bits
//  20..21 how long ago that was when the report was written, in steps of 16 microseconds; 0xffff: longer
//  22..23 how many packet numbers below the highest are described, at most 4096
//  24..   bitmap: the first byte's highest bit is the number just below the highest, 1 is received, padding is 0
//         run lengths: alternately received and missing ones, from just below the highest down; each seven bits a
//         byte, low bits first, 0x80 while there are more; the first may be 0; their sum is the described count
// All numbers are big endian. What lies behind the receptions is padding.
import { type Milliseconds, milliseconds } from "../units.ts";
import { readUint16, writeUint16 } from "./lcp.ts";

/** The PPP protocol number of link quality reports (RFC 1989 §2.6). */
export const QUALITY_PROTOCOL = 0xc025;

/** The most packet numbers below the highest that one report describes. */
export const DESCRIBED_LIMIT = 4096;

/** The size of a report that describes no packet but the highest. */
export const QUALITY_HEADER_SIZE = 24;

/** No report is larger than this, in bytes of the PPP frame. */
export const LARGEST_QUALITY_REPORT = QUALITY_HEADER_SIZE + DESCRIBED_LIMIT / 8;

const BITMAP = 0;
const RUN_LENGTHS = 1;
const HOLD_STEPS_PER_MILLISECOND = 62.5;
const UNKNOWN_HOLD = 0xffff;

/** What one report says; an object is made once and used for many. */
export class QualityReport {
  /** The link index, of the one who reports, to which the packets came. */
  session = 0;
  serial = 0;
  /** The low 32 bits of the highest packet number that was received. */
  highest = 0;
  /** The low 32 bits of the bytes received since the session began. */
  receivedBytes = 0;
  /** When the highest packet arrived, in microseconds of the receiver's clock, 32 bits that wrap. */
  arrival = 0;
  /** From that arrival to the writing of the report; undefined when it was more than a second. */
  hold: Milliseconds | undefined = undefined;
  /** How many packet numbers below the highest are described. */
  described = 0;
  readonly #received = new Uint8Array(DESCRIBED_LIMIT);

  /** Whether the packet that is `below` (1 to `described`) the highest was received. */
  isReceived(below: number): boolean {
    return this.#received[below - 1] === 1;
  }

  /** Says of the packet that is `below` (1 to `DESCRIBED_LIMIT`) the highest whether it was received. */
  setReceived(below: number, isReceived: boolean): void {
    this.#received[below - 1] = isReceived ? 1 : 0;
  }

  /** The first packet further below the highest than `below` of which something else is said; after the last for none. */
  endOfRun(below: number): number {
    const end = this.#received.indexOf(this.isReceived(below) ? 0 : 1, below);
    return 1 + (end < 0 ? this.described : Math.min(end, this.described));
  }

  /** Says the same of `count` packets downward from the one that is `below` the highest. */
  fillReceived(below: number, count: number, isReceived: boolean): void {
    this.#received.fill(isReceived ? 1 : 0, below - 1, below - 1 + count);
  }
}

/** Writes a report in the smaller of both encodings and returns the frame's size, at most `LARGEST_QUALITY_REPORT`. */
export function writeQualityReport(bytes: Uint8Array, offset: number, report: QualityReport): number {
  writeUint16(bytes, offset, QUALITY_PROTOCOL);
  bytes[offset + 3] = report.session >> 16;
  writeUint16(bytes, offset + 4, report.session);
  writeUint16(bytes, offset + 6, report.serial);
  writeUint32(bytes, offset + 8, report.highest);
  writeUint32(bytes, offset + 12, report.receivedBytes);
  writeUint32(bytes, offset + 16, report.arrival);
  writeUint16(bytes, offset + 20, holdSteps(report.hold));
  writeUint16(bytes, offset + 22, report.described);
  const start = offset + QUALITY_HEADER_SIZE;
  const bitmapEnd = start + bitmapSize(report.described);
  const runsEnd = writeRuns(bytes, start, bitmapEnd, report);
  bytes[offset + 2] = runsEnd < bitmapEnd ? RUN_LENGTHS : BITMAP;
  if (runsEnd < bitmapEnd) return runsEnd - offset;
  writeBitmap(bytes, start, report);
  return bitmapEnd - offset;
}

/** Reads a frame of `length` bytes into `report`; false, with `report` in an undefined state, when it is malformed. */
export function readQualityReport(bytes: Uint8Array, offset: number, length: number, report: QualityReport): boolean {
  if (length < QUALITY_HEADER_SIZE || readUint16(bytes, offset) !== QUALITY_PROTOCOL) return false;
  report.session = ((bytes[offset + 3] ?? 0) << 16) | readUint16(bytes, offset + 4);
  report.serial = readUint16(bytes, offset + 6);
  report.highest = readUint32(bytes, offset + 8);
  report.receivedBytes = readUint32(bytes, offset + 12);
  report.arrival = readUint32(bytes, offset + 16);
  const hold = readUint16(bytes, offset + 20);
  report.hold = hold === UNKNOWN_HOLD ? undefined : milliseconds(hold / HOLD_STEPS_PER_MILLISECOND);
  report.described = readUint16(bytes, offset + 22);
  if (report.described > DESCRIBED_LIMIT) return false;
  const start = offset + QUALITY_HEADER_SIZE;
  const end = offset + length;
  if (bytes[offset + 2] === RUN_LENGTHS) return readRuns(bytes, start, end, report);
  if (bytes[offset + 2] !== BITMAP || start + bitmapSize(report.described) > end) return false;
  readBitmap(bytes, start, report);
  return true;
}

/** Writes runs and returns their end; stops at `limit`, and returns it, when they do not end before. */
function writeRuns(bytes: Uint8Array, start: number, limit: number, report: QualityReport): number {
  let end = start;
  let isReceived = true;
  for (let below = 1; below <= report.described; ) {
    const runStart = below;
    if (report.isReceived(below) === isReceived) below = report.endOfRun(below);
    isReceived = !isReceived;
    let run = below - runStart;
    for (; run > 0x7f && end < limit; run >>= 7) bytes[end++] = 0x80 | run;
    if (end >= limit) return limit;
    bytes[end++] = run;
  }
  return end;
}

function readRuns(bytes: Uint8Array, start: number, end: number, report: QualityReport): boolean {
  let isReceived = true;
  let below = 1;
  for (let at = start; below <= report.described; isReceived = !isReceived) {
    let run = 0;
    let shift = 0;
    let byte = 0x80;
    // Two bytes hold every run within the limit.
    for (; byte >= 0x80 && at < end && shift <= 7; shift += 7) {
      byte = bytes[at++] ?? 0;
      run |= (byte & 0x7f) << shift;
    }
    const isFirst = below === 1 && isReceived;
    if (byte >= 0x80 || (run === 0 && !isFirst) || below - 1 + run > report.described) return false;
    report.fillReceived(below, run, isReceived);
    below += run;
  }
  return true;
}

function writeBitmap(bytes: Uint8Array, start: number, report: QualityReport): void {
  bytes.fill(0, start, start + bitmapSize(report.described));
  for (let index = 0; index < report.described; index++) {
    if (report.isReceived(index + 1)) bytes[start + (index >> 3)] = (bytes[start + (index >> 3)] ?? 0) | bitOf(index);
  }
}

function readBitmap(bytes: Uint8Array, start: number, report: QualityReport): void {
  for (let index = 0; index < report.described; index++) {
    report.setReceived(index + 1, ((bytes[start + (index >> 3)] ?? 0) & bitOf(index)) !== 0);
  }
}

function holdSteps(hold: Milliseconds | undefined): number {
  if (hold === undefined) return UNKNOWN_HOLD;
  return Math.min(UNKNOWN_HOLD, Math.max(0, Math.round(hold * HOLD_STEPS_PER_MILLISECOND)));
}

const bitmapSize = (described: number): number => (described + 7) >> 3;

const bitOf = (index: number): number => 0x80 >> (index & 7);

function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  writeUint16(bytes, offset, value >>> 16);
  writeUint16(bytes, offset + 2, value);
}

function readUint32(bytes: Uint8Array, offset: number): number {
  return readUint16(bytes, offset) * 65536 + readUint16(bytes, offset + 2);
}
