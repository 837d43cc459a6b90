import { ipVersion } from "./ip-header.ts";

// RFC 791 §3.1, RFC 9293 §3.1, RFC 8200 §3.
const V4_TYPE_OF_SERVICE = 1;
const V4_PROTOCOL = 9;
const V6_NEXT_HEADER = 6;
const V6_HEADER_SIZE = 40;
const TCP_DATA_OFFSET = 12;
const TCP_FLAGS = 13;
const TCP_HEADER_SIZE = 20;
const TCP_ACK_ONLY = 0x10;
const TCP_SYN_FIN_RST = 0x07;

const ICMP = 1;
const TCP = 6;
const ICMP6 = 58;

// RFC 4594 §2.3: telephony, signalling, real-time interactive, multimedia conferencing, low-latency; RFC 5865.
const REAL_TIME_CODE_POINTS = [46, 44, 40, 32, 34, 36, 38];
const CONTROL_CODE_POINTS = [48, 56];

// A packet of a call or a game is as large at most; one of a transfer is larger.
const SMALL_PACKET = 256;

const isRealTimeCodePoint = new Uint8Array(64);
for (const codePoint of [...REAL_TIME_CODE_POINTS, ...CONTROL_CODE_POINTS]) isRealTimeCodePoint[codePoint] = 1;

/**
 * What the IP packet of `length` bytes at `offset`, of which the headers are there, wants: it is real time when it is
 * small, ICMP, or marked so (RFC 2474 §3). An acknowledgement of TCP without data is, whatever its flow is like.
 */
export function isRealTime(bytes: Uint8Array, offset: number, length: number, isBulk: boolean): boolean {
  const isIp6 = ipVersion(bytes, offset) === 6;
  const protocol = byteAt(bytes, offset + (isIp6 ? V6_NEXT_HEADER : V4_PROTOCOL));
  const headerSize = isIp6 ? V6_HEADER_SIZE : (byteAt(bytes, offset) & 0x0f) * 4;
  if (protocol === TCP && isBareAcknowledgement(bytes, offset + headerSize, length - headerSize)) return true;
  if (isBulk) return false;
  if (length <= SMALL_PACKET || protocol === ICMP || protocol === ICMP6) return true;
  const codePoint = isIp6
    ? ((byteAt(bytes, offset) & 0x0f) << 2) | (byteAt(bytes, offset + 1) >> 6)
    : byteAt(bytes, offset + V4_TYPE_OF_SERVICE) >> 2;
  return isRealTimeCodePoint[codePoint] === 1;
}

/** Whether the IP packet at `offset` is TCP's, which sends again what is lost. */
export function isTcp(bytes: Uint8Array, offset: number): boolean {
  const isIp6 = ipVersion(bytes, offset) === 6;
  return byteAt(bytes, offset + (isIp6 ? V6_NEXT_HEADER : V4_PROTOCOL)) === TCP;
}

/** Whether what stands at `offset` is a TCP header without data that only acknowledges. */
function isBareAcknowledgement(bytes: Uint8Array, offset: number, length: number): boolean {
  if (length < TCP_HEADER_SIZE || length > 60) return false;
  const flags = byteAt(bytes, offset + TCP_FLAGS);
  const dataOffset = (byteAt(bytes, offset + TCP_DATA_OFFSET) >> 4) * 4;
  return dataOffset === length && (flags & TCP_ACK_ONLY) !== 0 && (flags & TCP_SYN_FIN_RST) === 0;
}

function byteAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0;
}
