import { NO_CELL } from "../packet/cell-pool.ts";

// A head as long as this is copied sooner than a built-in function is called.
const LOOPED = 64;

/** The transport checksum of the packet is partial; beside BEGIN and END in a fragment's flags. */
export const CHECKSUM_PARTIAL = 2;

/** The packet's flow builds up a queue, and may be spread over links; beside BEGIN and END in the flags of what is to be sent. */
export const BULK = 4;

/** The packet is one of a call, a game or a ping: worth sending twice over a bad line; beside BULK. */
export const URGENT = 8;

/** The fragment was sent before, on this or another link; beside BEGIN and END in the flags of what was received. */
export const COPY = 16;

/** A filter, or one of the peer, has bound the packet to the link that it waits for; beside BULK. */
export const PINNED = 32;

/**
 * What is left to send of one packet: up to two pieces of the arena, protocol field first. One object is used for
 * one packet after the other; sending a part moves its start on.
 */
export class Fragment {
  headOffset = 0;
  headLength = 0;
  bodyOffset = 0;
  bodyLength = 0;
  /** BEGIN while nothing was sent, END, CHECKSUM_PARTIAL, BULK, URGENT, PINNED. */
  flags = 0;
  trafficClass = 0;
  /** Whether the bytes before the head are free for a header. */
  hasHeadroom = true;
  /** The cell that all of it lies in, behind HEADROOM; NO_CELL for scratch memory, or a part. */
  cell: number = NO_CELL;
  /** Whether that cell stays in use after it was sent, for sending it again. */
  isKept = false;

  get isBulk(): boolean {
    return (this.flags & BULK) !== 0;
  }

  get length(): number {
    return this.headLength + this.bodyLength;
  }

  /** How many bytes can go into one datagram with `room`; never parts of both pieces without headroom. */
  takeable(room: number): number {
    const isSplit = !this.hasHeadroom && this.headLength > 0 && this.bodyLength > 0;
    return Math.min(room, isSplit ? this.headLength : this.length);
  }

  /** Moves the start on behind what was sent. */
  advance(sent: number, beginFlag: number): void {
    const fromHead = Math.min(sent, this.headLength);
    this.headOffset += fromHead;
    this.headLength -= fromHead;
    this.bodyOffset += sent - fromHead;
    this.bodyLength -= sent - fromHead;
    this.flags &= ~beginFlag;
    this.hasHeadroom = false;
    this.cell = NO_CELL;
  }

  /** Gives up what is left. */
  drop(): void {
    this.headLength = 0;
    this.bodyLength = 0;
  }

  /** Copies `length` bytes, starting at `from` of what is left, to `offset`. */
  copyTo(bytes: Uint8Array, offset: number, from: number, length: number): void {
    const fromHead = Math.max(0, Math.min(length, this.headLength - from));
    if (fromHead > LOOPED) bytes.copyWithin(offset, this.headOffset + from, this.headOffset + from + fromHead);
    else for (let at = 0; at < fromHead; at++) bytes[offset + at] = bytes[this.headOffset + from + at] ?? 0;
    const bodyStart = this.bodyOffset + Math.max(0, from - this.headLength);
    if (fromHead < length) bytes.copyWithin(offset + fromHead, bodyStart, bodyStart + length - fromHead);
  }
}
