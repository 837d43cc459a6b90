import { wordAt } from "./flow.ts";
import { ipVersion } from "./ip-header.ts";

// RFC 791 §3.1: header length in the first byte, fragment offset and "more fragments", protocol, addresses.
const V4_FRAGMENT = 6;
const V4_FRAGMENT_BITS = 0x3f;
const V4_PROTOCOL = 9;
const V4_ADDRESSES = 12;
// RFC 8200 §3.
const V6_NEXT_HEADER = 6;
const V6_ADDRESSES = 8;
const V6_HEADER_SIZE = 40;
// RFC 9293 §3.1.
const TCP = 6;
const PORTS_SIZE = 4;
const SEQUENCE = 4;

/**
 * Whether the IP packets at two offsets, of which the headers are there, are segments of one TCP connection and
 * direction, and the first of them is earlier in its stream (RFC 9293 §3.4). False for whatever else they are.
 */
export function isEarlierSegment(bytes: Uint8Array, segment: number, other: number): boolean {
  const header = tcpHeaderAt(bytes, segment);
  const otherHeader = tcpHeaderAt(bytes, other);
  if (header === 0 || otherHeader - other !== header - segment) return false;
  const addresses = ipVersion(bytes, segment) === 6 ? V6_ADDRESSES : V4_ADDRESSES;
  const distance = (wordAt(bytes, header + SEQUENCE) - wordAt(bytes, otherHeader + SEQUENCE)) | 0;
  if (distance >= 0) return false;
  for (let place = addresses; place < header - segment + PORTS_SIZE; place++)
    if (bytes[segment + place] !== bytes[other + place]) return false;
  return true;
}

/** Where the TCP header of the IP packet at `offset` begins; 0 when it has none, or one of IPv6's further headers. */
function tcpHeaderAt(bytes: Uint8Array, offset: number): number {
  if (ipVersion(bytes, offset) === 6) return bytes[offset + V6_NEXT_HEADER] === TCP ? offset + V6_HEADER_SIZE : 0;
  const fragment = ((bytes[offset + V4_FRAGMENT] ?? 0) & V4_FRAGMENT_BITS) | (bytes[offset + V4_FRAGMENT + 1] ?? 0);
  if (bytes[offset + V4_PROTOCOL] !== TCP || fragment !== 0) return 0;
  return offset + ((bytes[offset] ?? 0) & 0x0f) * 4;
}
