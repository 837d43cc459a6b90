import { ipVersion } from "./ip-header.ts";

// RFC 791 §3.1.
const V4_HEADER_SIZE = 20;
const V4_FRAGMENT = 6;
const V4_MORE_FRAGMENTS_OR_OFFSET = 0x3fff;
const V4_PROTOCOL = 9;
const V4_SOURCE = 12;

// RFC 8200 §3.
const V6_HEADER_SIZE = 40;
const V6_NEXT_HEADER = 6;
const V6_SOURCE = 8;
const V6_ADDRESS_WORDS = 4;

// Protocol numbers and IPv6 extension headers (RFC 8200 §4, RFC 4302).
const HOP_BY_HOP = 0;
const TCP = 6;
const UDP = 17;
const DCCP = 33;
const ROUTING = 43;
const FRAGMENT = 44;
const ESP = 50;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;
const SCTP = 132;
const UDP_LITE = 136;

// A chain of extension headers that is longer than this is not worth following.
const MAXIMUM_EXTENSIONS = 8;
const FRAGMENTED = -1;

/**
 * A hash of 32 bits over the flow of the IP packet at `offset`, whose first `length` bytes are there: addresses,
 * protocol and ports, or ESP's SPI. All fragments of a packet have the same one: without ports. 0 for no IP packet.
 */
export function flowHash(bytes: Uint8Array, offset: number, length: number): number {
  return hashOf(bytes, offset, length, false);
}

/**
 * The `flowHash` of the packets that answer this one: as if source and destination changed places. Those of ESP have
 * an SPI of their own, which is not known here.
 */
export function reverseFlowHash(bytes: Uint8Array, offset: number, length: number): number {
  return hashOf(bytes, offset, length, true);
}

function hashOf(bytes: Uint8Array, offset: number, length: number, isReverse: boolean): number {
  const version = ipVersion(bytes, offset);
  if (version === 4 && length >= V4_HEADER_SIZE) return hash4(bytes, offset, offset + length, isReverse);
  if (version === 6 && length >= V6_HEADER_SIZE) return hash6(bytes, offset, offset + length, isReverse);
  return 0;
}

function hash4(bytes: Uint8Array, offset: number, end: number, isReverse: boolean): number {
  const protocol = byteAt(bytes, offset + V4_PROTOCOL);
  const isFragment = (wordAt(bytes, offset + V4_FRAGMENT - 2) & V4_MORE_FRAGMENTS_OR_OFFSET) !== 0;
  const transport = offset + (byteAt(bytes, offset) & 0x0f) * 4;
  const source = wordAt(bytes, offset + V4_SOURCE);
  const destination = wordAt(bytes, offset + V4_SOURCE + 4);
  const hash = mix(mix(protocol, isReverse ? destination : source), isReverse ? source : destination);
  return finish(mix(hash, isFragment ? 0 : portsAt(bytes, transport, end, protocol, isReverse)));
}

function hash6(bytes: Uint8Array, offset: number, end: number, isReverse: boolean): number {
  let protocol = byteAt(bytes, offset + V6_NEXT_HEADER);
  let transport = offset + V6_HEADER_SIZE;
  for (let count = 0; count < MAXIMUM_EXTENSIONS && transport + 8 <= end; count++) {
    const size = extensionSize(bytes, transport, protocol);
    if (size === 0) break;
    protocol = byteAt(bytes, transport);
    transport = size === FRAGMENTED ? end : transport + size;
  }
  const first = isReverse ? V6_ADDRESS_WORDS : 0;
  let hash = protocol;
  for (let word = first; word < first + 2 * V6_ADDRESS_WORDS; word++) {
    hash = mix(hash, wordAt(bytes, offset + V6_SOURCE + 4 * (word % (2 * V6_ADDRESS_WORDS))));
  }
  return finish(mix(hash, portsAt(bytes, transport, end, protocol, isReverse)));
}

/** The size of the extension header of kind `protocol`; 0 when it is none, `FRAGMENTED` when no ports are behind it. */
function extensionSize(bytes: Uint8Array, offset: number, protocol: number): number {
  switch (protocol) {
    case HOP_BY_HOP:
    case ROUTING:
    case DESTINATION_OPTIONS:
      return 8 * (byteAt(bytes, offset + 1) + 1);
    case AUTHENTICATION:
      return 4 * (byteAt(bytes, offset + 1) + 2);
    case FRAGMENT:
      return FRAGMENTED;
    default:
      return 0;
  }
}

/** Both ports, or the SPI, as one word; 0 when there are none. */
function portsAt(bytes: Uint8Array, offset: number, end: number, protocol: number, isReverse: boolean): number {
  if (offset + 4 > end) return 0;
  switch (protocol) {
    case TCP:
    case UDP:
    case DCCP:
    case SCTP:
    case UDP_LITE: {
      const ports = wordAt(bytes, offset);
      return isReverse ? (ports << 16) | (ports >>> 16) : ports;
    }
    case ESP:
      return wordAt(bytes, offset);
    default:
      return 0;
  }
}

// The steps and constants of MurmurHash3 for 32 bits.
function mix(hash: number, word: number): number {
  let key = Math.imul(word, 0xcc9e2d51);
  key = (key << 15) | (key >>> 17);
  const mixed = hash ^ Math.imul(key, 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let final = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  final = Math.imul(final ^ (final >>> 13), 0xc2b2ae35);
  return (final ^ (final >>> 16)) >>> 0;
}

function byteAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0;
}

/** The 32 bits at `offset`, big endian, as a signed number. */
export function wordAt(bytes: Uint8Array, offset: number): number {
  return (
    (byteAt(bytes, offset) << 24) |
    (byteAt(bytes, offset + 1) << 16) |
    (byteAt(bytes, offset + 2) << 8) |
    byteAt(bytes, offset + 3)
  );
}
