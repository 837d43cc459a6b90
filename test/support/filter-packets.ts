import type { Random } from "../emulator/random.ts";

// libpcap's savefile format: pcap-savefile(5); LINKTYPE_RAW is raw IP.
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const MAGIC = 0xa1b2c3d4;
const LINKTYPE_RAW = 101;
const SNAPSHOT_LENGTH = 262_144;

const ADDRESSES = [0x0a000001, 0x0a000002, 0xc0a80101, 0xe0000001, 0xffffffff];
const PORTS = [22, 53, 80, 443, 5060, 5061, 10_000, 65_535];
const PROTOCOLS = [1, 2, 6, 6, 6, 17, 17, 17, 41, 47, 50, 58, 132];
const EXTENSIONS = [0, 43, 44, 51, 60];

/** A packet that looks enough like IP for filters to look at every part of it, and is cut short or odd now and then. */
export function randomPacket(random: Random): Uint8Array {
  const bytes = Uint8Array.from({ length: 20 + random.below(120) }, () => random.below(256));
  if (random.happens(0.02)) return bytes.subarray(0, 1 + random.below(bytes.length));
  if (random.happens(0.6)) writeIp4(bytes, random);
  else writeIp6(bytes, random);
  return random.happens(0.15) ? bytes.subarray(0, 1 + random.below(bytes.length)) : bytes;
}

/** A savefile of raw IP packets whose times are their numbers. */
export function savefile(packets: readonly Uint8Array[]): Uint8Array {
  const size = packets.reduce((sum, { length }) => sum + RECORD_HEADER + length, FILE_HEADER);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, SNAPSHOT_LENGTH);
  view.setUint32(20, LINKTYPE_RAW);
  let offset = FILE_HEADER;
  for (const [number, packet] of packets.entries()) {
    view.setUint32(offset, number);
    view.setUint32(offset + 8, packet.length);
    view.setUint32(offset + 12, packet.length);
    bytes.set(packet, offset + RECORD_HEADER);
    offset += RECORD_HEADER + packet.length;
  }
  return bytes;
}

/** The numbers of the packets in a savefile, in either byte order. */
export function numbersIn(file: Uint8Array): number[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const isLittleEndian = view.getUint32(0) !== MAGIC;
  const numbers: number[] = [];
  for (let offset = FILE_HEADER; offset < file.length; ) {
    numbers.push(view.getUint32(offset, isLittleEndian));
    offset += RECORD_HEADER + view.getUint32(offset + 8, isLittleEndian);
  }
  return numbers;
}

function writeIp4(bytes: Uint8Array, random: Random): void {
  const view = new DataView(bytes.buffer);
  const headerWords = random.happens(0.8) ? 5 : random.below(16);
  bytes[0] = 0x40 | headerWords;
  view.setUint16(2, bytes.length);
  view.setUint16(6, random.happens(0.8) ? 0x4000 : random.uint32() & 0x3fff);
  bytes[9] = pick(random, PROTOCOLS);
  view.setUint32(12, pick(random, ADDRESSES));
  view.setUint32(16, pick(random, ADDRESSES));
  writeTransport(bytes, 4 * headerWords, random);
}

function writeIp6(bytes: Uint8Array, random: Random): void {
  bytes[0] = 0x60 | random.below(16);
  bytes[6] = random.happens(0.2) ? pick(random, EXTENSIONS) : pick(random, PROTOCOLS);
  if (bytes[6] === 44) bytes[40] = pick(random, PROTOCOLS);
  for (const offset of [8, 24]) {
    if (bytes.length < offset + 16) continue;
    bytes.set([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, random.below(3)], offset);
  }
  writeTransport(bytes, 40, random);
}

function writeTransport(bytes: Uint8Array, offset: number, random: Random): void {
  if (offset + 14 > bytes.length) return;
  const view = new DataView(bytes.buffer);
  view.setUint16(offset, pick(random, PORTS));
  view.setUint16(offset + 2, pick(random, PORTS));
  if (random.happens(0.5)) bytes[offset + 12] = 0x50;
  if (random.happens(0.5)) bytes[offset + 13] = pick(random, [0x02, 0x10, 0x12, 0x18, 0x11]);
}

function pick(random: Random, values: readonly number[]): number {
  return values[random.below(values.length)] ?? 0;
}
