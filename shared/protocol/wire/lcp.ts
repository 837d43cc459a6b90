// A Link Control Protocol packet (RFC 1661 §5) in a PPP frame:
//  0..1   0xc021
//  2      code
//  3      identifier
//  4..5   length from the code on, big endian; what lies behind it is padding
//  6..9   magic number (Echo): zero, as it is not negotiated (RFC 1661 §6.4)
//  10..13 serial number of the Echo, of which the identifier is the low byte
//  14..17 size of the whole IP packet that carries the request
// A vendor-specific packet (RFC 2153 §1.1): magic number, then
//  10..12 OUI, this project's own
//  13     kind: 1, a member link has lost its uplink
//  14..17 its link discriminator (RFC 2125)
import { PPP_PROTOCOLS } from "./frame-header.ts";

export const LCP_CODES = {
  vendorSpecific: 0,
  terminateRequest: 5,
  terminateAck: 6,
  echoRequest: 9,
  echoReply: 10,
} as const;

/** The PPP protocol field and the LCP header in front of the data. */
export const LCP_HEADER_SIZE = 6;

/** A frame with an Echo packet that carries eight bytes of data. */
export const ECHO_FRAME_SIZE = 18;

/** A frame that says which link has lost its uplink; as large as one with an Echo packet. */
export const UPLINK_LOST_FRAME_SIZE = 18;

// RFC 7042 §2.1: an OUI with the local bit set is nobody's; the same as in the handshake's options.
const OWN_OUI = 0x024857;
const UPLINK_LOST = 1;

const MAGIC_OFFSET = 6;
const ECHO_DATA_OFFSET = 10;

export function writeUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >> 8;
  bytes[offset + 1] = value;
}

export function readUint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  writeUint16(bytes, offset, value >>> 16);
  writeUint16(bytes, offset + 2, value);
}

function readUint32(bytes: Uint8Array, offset: number): number {
  return readUint16(bytes, offset) * 65536 + readUint16(bytes, offset + 2);
}

function writeHeader(bytes: Uint8Array, offset: number, code: number, identifier: number, length: number): void {
  writeUint16(bytes, offset, PPP_PROTOCOLS.lcp);
  bytes[offset + 2] = code;
  bytes[offset + 3] = identifier;
  writeUint16(bytes, offset + 4, length);
}

/** Writes an Echo-Request; its data are a serial number and the size of the whole IP packet that carries it. */
export function writeEchoRequest(bytes: Uint8Array, offset: number, serial: number, packetSize: number): void {
  writeHeader(bytes, offset, LCP_CODES.echoRequest, serial & 0xff, ECHO_FRAME_SIZE - 2);
  writeUint32(bytes, offset + MAGIC_OFFSET, 0);
  writeUint32(bytes, offset + ECHO_DATA_OFFSET, serial);
  writeUint32(bytes, offset + ECHO_DATA_OFFSET + 4, packetSize);
}

/** Writes the Echo-Reply to a request of `ECHO_FRAME_SIZE` (RFC 1661 §5.8): its identifier and data. */
export function writeEchoReply(bytes: Uint8Array, offset: number, request: number): void {
  writeHeader(bytes, offset, LCP_CODES.echoReply, bytes[request + 3] ?? 0, ECHO_FRAME_SIZE - 2);
  writeUint32(bytes, offset + MAGIC_OFFSET, 0);
  bytes.copyWithin(offset + ECHO_DATA_OFFSET, request + ECHO_DATA_OFFSET, request + ECHO_FRAME_SIZE);
}

/** Writes a Terminate-Request or Terminate-Ack without data and returns the frame's size. */
export function writeTerminate(bytes: Uint8Array, offset: number, code: number, identifier: number): number {
  writeHeader(bytes, offset, code, identifier, 4);
  return LCP_HEADER_SIZE;
}

/** Writes that the link with a discriminator has lost its uplink (RFC 2153 §1.1). */
export function writeUplinkLost(bytes: Uint8Array, offset: number, identifier: number, discriminator: number): void {
  writeHeader(bytes, offset, LCP_CODES.vendorSpecific, identifier, UPLINK_LOST_FRAME_SIZE - 2);
  writeUint32(bytes, offset + MAGIC_OFFSET, 0);
  writeUint32(bytes, offset + ECHO_DATA_OFFSET, OWN_OUI * 256 + UPLINK_LOST);
  writeUint32(bytes, offset + ECHO_DATA_OFFSET + 4, discriminator);
}

/** The discriminator of the link that has lost its uplink; undefined when a vendor-specific packet says something else. */
export function readUplinkLost(bytes: Uint8Array, offset: number, size: number): number | undefined {
  const isOurs =
    size === UPLINK_LOST_FRAME_SIZE && readUint32(bytes, offset + ECHO_DATA_OFFSET) === OWN_OUI * 256 + UPLINK_LOST;
  return isOurs ? readUint32(bytes, offset + ECHO_DATA_OFFSET + 4) : undefined;
}

export function readLcpCode(bytes: Uint8Array, offset: number): number {
  return bytes[offset + 2] ?? 0;
}

export function readIdentifier(bytes: Uint8Array, offset: number): number {
  return bytes[offset + 3] ?? 0;
}

/** The LCP length plus the protocol field: the part of the frame that is not padding. */
export function readLcpFrameSize(bytes: Uint8Array, offset: number): number {
  return readUint16(bytes, offset + 4) + 2;
}

export function readEchoSerial(bytes: Uint8Array, offset: number): number {
  return readUint32(bytes, offset + ECHO_DATA_OFFSET);
}

export function readEchoPacketSize(bytes: Uint8Array, offset: number): number {
  return readUint32(bytes, offset + ECHO_DATA_OFFSET + 4);
}
