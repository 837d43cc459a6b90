import { CHECKSUM_PARTIAL, Fragment } from "../../shared/protocol/bundle/fragment.ts";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { CellPool } from "../../shared/protocol/packet/cell-pool.ts";
import { HEADROOM } from "../../shared/protocol/packet/packet-batch.ts";
import { FairQueue } from "../../shared/protocol/queue/fair-queue.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { BEGIN, END, PPP_PROTOCOLS } from "../../shared/protocol/wire/frame-header.ts";
import { ip4Packet, serialOf } from "./ip-packets.ts";

/** Codepoints of RFC 3168 §5. */
export const NOT_ECT = 0;
export const ECT_1 = 1;
export const ECT_0 = 2;
export const CE = 3;

const LARGEST_FRAME = 70_000;

/** What a driver's queue has: cells in all, and a limit in bytes. */
export type DriverOptions = { readonly cells?: number; readonly limit?: number };

/** What a packet of a driver is; `flow` is the hash of its flow, `size` that of the IP packet. */
export type DriverPacket = {
  readonly flow: number;
  readonly serial: number;
  readonly size: number;
  readonly codepoint?: number;
  /** The sequence number of a segment of TCP; a packet of UDP without it. */
  readonly segment?: number;
};

/** The bytes of such a packet. */
export function packetOf({ serial, size, codepoint, segment }: DriverPacket): Uint8Array {
  const bytes = ip4Packet({ source: [10, 0, 0, 1], destination: [10, 0, 0, 2], size, serial });
  bytes[1] = codepoint ?? NOT_ECT;
  if (segment === undefined) return bytes;
  bytes[9] = 6;
  new DataView(bytes.buffer).setUint32(24, segment);
  return bytes;
}

/** A fair queue and what is around it: packets with serial numbers go in at one end, and come out at the other. */
export class QueueDriver {
  readonly arena: Arena;
  readonly cells: CellPool;
  readonly queue: FairQueue;
  readonly fragment = new Fragment();
  readonly #source: number;

  constructor(options: DriverOptions = {}) {
    const cells = options.cells ?? 1024;
    this.arena = new Arena(cells * 2048 + LARGEST_FRAME + 256);
    this.cells = new CellPool(this.arena, cells);
    this.queue = new FairQueue(this.arena, this.cells, options.limit ?? 1_000_000);
    this.#source = this.arena.reserve(LARGEST_FRAME) + HEADROOM;
  }

  /** Pushes a packet of which the first `sent` bytes of the frame were sent before. */
  push(packet: DriverPacket, now: number, sent = 0): boolean {
    const { flow, size } = packet;
    const { fragment } = this;
    this.arena.bytes[this.#source] = PPP_PROTOCOLS.ip4;
    this.arena.bytes.set(packetOf(packet), this.#source + 1);
    // In two pieces, as a segment of a super-packet is.
    fragment.headOffset = this.#source;
    fragment.headLength = 29;
    fragment.bodyOffset = this.#source + 29;
    fragment.bodyLength = size + 1 - 29;
    fragment.flags = BEGIN | END | CHECKSUM_PARTIAL;
    fragment.trafficClass = flow % 16;
    fragment.hasHeadroom = true;
    if (sent > 0) fragment.advance(sent, BEGIN);
    return this.queue.push(fragment, flow, milliseconds(now));
  }

  /** The next packet that waits, whole, sent piece by piece; undefined when there is none. */
  pop(now: number): Uint8Array | undefined {
    const parts: number[] = [];
    for (let isLast = false; !isLast; ) {
      if (!this.queue.peek(this.fragment, milliseconds(now))) return undefined;
      isLast = (this.fragment.flags & END) !== 0;
      parts.push(...this.send(this.fragment.length));
    }
    return Uint8Array.from(parts.slice(1));
  }

  /** The serial number of the next packet, which is taken out; undefined when there is none. */
  popSerial(now: number): number | undefined {
    const packet = this.pop(now);
    return packet === undefined ? undefined : serialOf(packet);
  }

  /** The serial numbers of all packets that wait, which are taken out. */
  popAll(now: number): number[] {
    const serials: number[] = [];
    for (let serial = this.popSerial(now); serial !== undefined; serial = this.popSerial(now)) serials.push(serial);
    return serials;
  }

  /** Sends `length` bytes of what was peeked at, and answers them. */
  send(length: number): Uint8Array {
    const { headOffset } = this.fragment;
    this.fragment.advance(length, BEGIN);
    this.queue.consume(this.fragment);
    return this.arena.bytes.slice(headOffset, headOffset + length);
  }

  /** Whether every cell is back in the pool, once. */
  hasAllCells(): boolean {
    this.cells.recycle();
    const offsets = new Set<number>();
    for (let cell = 0; cell < this.cells.capacity; cell++) offsets.add(this.cells.take());
    for (const offset of offsets) this.cells.release(offset);
    this.cells.recycle();
    return offsets.size === this.cells.capacity && !offsets.has(-1);
  }
}
