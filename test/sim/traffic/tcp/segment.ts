import { ECN, type Ends, ecnOf, IP4_HEADER, Ip4Packets, PROTOCOL } from "../ip4.ts";

//  20  source port    22  destination port   24  sequence number   28  acknowledgement number
//  32  data offset    33  flags              34  window            36  checksum, which is not computed
//  40  NOP NOP, timestamps (RFC 7323): 44 value, 48 echo
//  52  NOP NOP, SACK (RFC 2018): pairs of sequence numbers from 56
const TCP_HEADER = 20;
const TIMESTAMPS = 12;
const TIMESTAMPS_HEAD = 0x0101080a;
const SACK_HEAD = 0x01010500;
const SACK_OFFSET = 56;
const MOST_SACK_BLOCKS = 3;

/** Bytes of IP and TCP header, timestamps included, in front of a full segment's payload. */
export const SEGMENT_OVERHEAD = IP4_HEADER + TCP_HEADER + TIMESTAMPS;

/** A window is told in units of this many bytes (RFC 7323: a window scale of 10). */
export const WINDOW_UNIT = 1024;

/** The largest window that can be told, in bytes. */
export const LARGEST_TOLD_WINDOW = 0xffff * WINDOW_UNIT;

/** Bits of the flags byte (RFC 9293 §3.1, RFC 3168 §6.1). */
export const FLAG = {
  synchronize: 0x02,
  push: 0x08,
  acknowledge: 0x10,
  congestionEcho: 0x40,
  reduced: 0x80,
} as const;

/** A TCP segment as it is read or to be written; one is used again and again. Numbers are those of the wire: 32 bits. */
export class TcpSegment {
  sequence = 0;
  acknowledgement = 0;
  flags: number = FLAG.acknowledge;
  /** In bytes, a multiple of `WINDOW_UNIT`. */
  window = 0;
  /** In milliseconds. */
  timestamp = 0;
  echo = 0;
  ecn: number = ECN.notCapable;
  payload = 0;
  sackCount = 0;
  readonly sackStart = new Float64Array(MOST_SACK_BLOCKS);
  readonly sackEnd = new Float64Array(MOST_SACK_BLOCKS);

  /** Adds a SACK block; false when there is no room for it. */
  addSack(start: number, end: number): boolean {
    if (this.sackCount === MOST_SACK_BLOCKS) return false;
    this.sackStart[this.sackCount] = start;
    this.sackEnd[this.sackCount++] = end;
    return true;
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  /** Takes over what is in the headers of a packet. */
  read(packet: Uint8Array): void {
    const headerSize = ((packet[32] ?? 0) >> 4) * 4;
    this.sequence = wordAt(packet, 24);
    this.acknowledgement = wordAt(packet, 28);
    this.flags = packet[33] ?? 0;
    this.window = (wordAt(packet, 32) & 0xffff) * WINDOW_UNIT;
    this.timestamp = wordAt(packet, 44);
    this.echo = wordAt(packet, 48);
    this.ecn = ecnOf(packet);
    this.payload = (wordAt(packet, 0) & 0xffff) - IP4_HEADER - headerSize;
    this.sackCount = 0;
    for (let at = SACK_OFFSET; at < IP4_HEADER + headerSize; at += 8) {
      this.addSack(wordAt(packet, at), wordAt(packet, at + 4));
    }
  }
}

/** Writes the segments of one direction of a connection as IPv4 packets. */
export class SegmentWriter {
  readonly #packets: Ip4Packets;

  /** `ends` are the addresses, `ports` those of the same order. */
  constructor(ends: Ends, ports: { readonly source: number; readonly destination: number }, largestSize: number) {
    this.#packets = new Ip4Packets(ends, PROTOCOL.tcp, largestSize);
    const { view } = this.#packets;
    view.setUint16(20, ports.source);
    view.setUint16(22, ports.destination);
    view.setUint32(40, TIMESTAMPS_HEAD);
  }

  /** The segment as a packet, which is good until the next one. */
  write(segment: TcpSegment): Uint8Array {
    const { view } = this.#packets;
    const optionsSize = TIMESTAMPS + (segment.sackCount > 0 ? 4 + 8 * segment.sackCount : 0);
    view.setUint32(24, segment.sequence);
    view.setUint32(28, segment.acknowledgement);
    view.setUint8(32, ((TCP_HEADER + optionsSize) / 4) << 4);
    view.setUint8(33, segment.flags);
    view.setUint16(34, segment.window / WINDOW_UNIT);
    view.setUint32(44, segment.timestamp);
    view.setUint32(48, segment.echo);
    if (segment.sackCount > 0) writeSack(view, segment);
    return this.#packets.finish(IP4_HEADER + TCP_HEADER + optionsSize + segment.payload, segment.ecn);
  }
}

/** The number that `word`, its low 32 bits, stands for, near a known one. */
export function unwrap(word: number, near: number): number {
  return near + ((word - (near >>> 0)) | 0);
}

function wordAt(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] ?? 0) << 24) | ((bytes[offset + 1] ?? 0) << 16);
  return (high | ((bytes[offset + 2] ?? 0) << 8) | (bytes[offset + 3] ?? 0)) >>> 0;
}

function writeSack(view: DataView, segment: TcpSegment): void {
  view.setUint32(SACK_OFFSET - 4, SACK_HEAD | (2 + 8 * segment.sackCount));
  for (let block = 0; block < segment.sackCount; block++) {
    view.setUint32(SACK_OFFSET + 8 * block, segment.sackStart[block] ?? 0);
    view.setUint32(SACK_OFFSET + 4 + 8 * block, segment.sackEnd[block] ?? 0);
  }
}
