import { onesComplementSum, pseudoHeaderSum } from "./checksum.ts";

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;
export const ECE = 0x40;
export const CWR = 0x80;

export type ChecksumKind = "full" | "partial" | "wrong" | "none";

/** Everything that a built packet may differ in; `payload` is what follows the TCP or UDP header. */
export type PacketShape = {
  readonly kind: "tun" | "tap";
  readonly vlanTags: number;
  readonly version: 4 | 6;
  readonly protocol: "tcp" | "udp";
  readonly payload: Uint8Array;
  readonly checksum: ChecksumKind;
  readonly sourceHost: number;
  readonly sourcePort: number;
  readonly trafficClass: number;
  readonly hopLimit: number;
  readonly identification: number;
  readonly doNotFragment: boolean;
  readonly ipOptions: Uint8Array;
  readonly extensions: readonly (0 | 43 | 60)[];
  readonly flowLabel: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: number;
  readonly window: number;
  readonly tcpOptions: Uint8Array;
};

const NOTHING = new Uint8Array(0);

/** A TCP data packet over IPv4 from 10.1.0.1 to 10.2.0.2. */
export const PLAIN_PACKET: PacketShape = {
  kind: "tun",
  vlanTags: 0,
  version: 4,
  protocol: "tcp",
  payload: NOTHING,
  checksum: "full",
  sourceHost: 1,
  sourcePort: 4000,
  trafficClass: 0,
  hopLimit: 64,
  identification: 0x1234,
  doNotFragment: true,
  ipOptions: NOTHING,
  extensions: [],
  flowLabel: 0,
  sequence: 1000,
  acknowledgement: 2000,
  flags: ACK,
  window: 500,
  tcpOptions: NOTHING,
};

/** Where the headers of a packet of this shape lie. */
export function headerOffsets(shape: PacketShape): { network: number; transport: number; payload: number } {
  const network = shape.kind === "tap" ? 14 + 4 * shape.vlanTags : 0;
  const networkLength = shape.version === 4 ? 20 + shape.ipOptions.length : 40 + 8 * shape.extensions.length;
  const transport = network + networkLength;
  const payload = transport + (shape.protocol === "tcp" ? 20 + shape.tcpOptions.length : 8);
  return { network, transport, payload };
}

/** Builds the packet, with its Ethernet header when it is for a TAP device. */
export function buildPacket(shape: PacketShape): Uint8Array {
  const offsets = headerOffsets(shape);
  const bytes = new Uint8Array(offsets.payload + shape.payload.length);
  bytes.set(shape.payload, offsets.payload);
  if (shape.kind === "tap") writeEthernet(bytes, shape);
  if (shape.version === 4) writeVersion4(bytes.subarray(offsets.network), shape);
  else writeVersion6(bytes.subarray(offsets.network), shape);
  writeTransport(bytes.subarray(offsets.transport), shape);
  return bytes;
}

/** The source and destination address, one after the other. */
export function addresses(shape: PacketShape): Uint8Array {
  if (shape.version === 4) return Uint8Array.of(10, 1, 0, shape.sourceHost, 10, 2, 0, 2);
  const both = new Uint8Array(32);
  both.set([0xfd, 0, 0, 1], 0);
  both.set([0xfd, 0, 0, 2], 16);
  both[15] = shape.sourceHost;
  both[31] = 2;
  return both;
}

function writeEthernet(bytes: Uint8Array, shape: PacketShape): void {
  const view = viewOf(bytes);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]);
  for (let tag = 0; tag < shape.vlanTags; tag++) view.setUint32(12 + 4 * tag, 0x81000007);
  view.setUint16(12 + 4 * shape.vlanTags, shape.version === 4 ? 0x0800 : 0x86dd);
}

function writeVersion4(bytes: Uint8Array, shape: PacketShape): void {
  const view = viewOf(bytes);
  const headerLength = 20 + shape.ipOptions.length;
  bytes[0] = 0x40 | (headerLength / 4);
  bytes[1] = shape.trafficClass;
  view.setUint16(2, bytes.length);
  view.setUint16(4, shape.identification & 0xffff);
  view.setUint16(6, shape.doNotFragment ? 0x4000 : 0);
  bytes[8] = shape.hopLimit;
  bytes[9] = shape.protocol === "tcp" ? 6 : 17;
  bytes.set(addresses(shape), 12);
  bytes.set(shape.ipOptions, 20);
  view.setUint16(10, ~onesComplementSum(bytes.subarray(0, headerLength)) & 0xffff);
}

function writeVersion6(bytes: Uint8Array, shape: PacketShape): void {
  const view = viewOf(bytes);
  view.setUint32(0, 0x60000000 + shape.trafficClass * 0x100000 + shape.flowLabel);
  view.setUint16(4, bytes.length - 40);
  bytes[7] = shape.hopLimit;
  bytes.set(addresses(shape), 8);
  let nextField = 6;
  for (const [index, extension] of shape.extensions.entries()) {
    bytes[nextField] = extension;
    nextField = 40 + 8 * index;
    // PadN of four bytes; in a routing header the same bytes are a type nobody knows with no segments left.
    bytes.set(extension === 43 ? [0, 0, 253, 0, 0, 0, 0, 0] : [0, 0, 1, 4, 0, 0, 0, 0], nextField);
  }
  bytes[nextField] = shape.protocol === "tcp" ? 6 : 17;
}

function writeTransport(bytes: Uint8Array, shape: PacketShape): void {
  const view = viewOf(bytes);
  view.setUint16(0, shape.sourcePort);
  view.setUint16(2, 5000);
  if (shape.protocol === "tcp") {
    view.setUint32(4, shape.sequence >>> 0);
    view.setUint32(8, shape.acknowledgement);
    bytes[12] = ((20 + shape.tcpOptions.length) / 4) << 4;
    bytes[13] = shape.flags;
    view.setUint16(14, shape.window);
    bytes.set(shape.tcpOptions, 20);
  } else {
    view.setUint16(4, bytes.length);
  }
  writeChecksum(bytes, shape);
}

function writeChecksum(bytes: Uint8Array, shape: PacketShape): void {
  const isTcp = shape.protocol === "tcp";
  const pseudo = pseudoHeaderSum(addresses(shape), isTcp ? 6 : 17, bytes.length);
  const full = ~onesComplementSum(bytes, pseudo) & 0xffff;
  const values = {
    full: full === 0 && !isTcp ? 0xffff : full,
    partial: pseudo,
    wrong: full === 0x5555 ? 0x5556 : 0x5555,
    none: 0,
  };
  viewOf(bytes).setUint16(isTcp ? 16 : 6, values[shape.checksum]);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
