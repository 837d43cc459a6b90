// A PPP frame with protocol-field compression (RFC 1661 §6.5), and without address and control fields.
// A fragment (RFC 1990 §3, long sequence numbers with classes by RFC 2686 §4):
//  0     0x3d, Multilink Protocol
//  1     B 0x80, E 0x40, class 0x3c, two zero bits
//  2..4  sequence number, big endian
//  5..   the fragment; the first of a packet starts with the packet's own protocol field
export const PPP_PROTOCOLS = { ip4: 0x21, ip6: 0x57, multilink: 0x3d, lcp: 0xc021 } as const;

/** The size of a fragment's header. */
export const FRAGMENT_HEADER_SIZE = 5;

/** The protocol field in front of a packet, within its first fragment. */
export const PACKET_PROTOCOL_SIZE = 1;

/** What a packet that is sent whole grows by: fragment header and protocol field. */
export const FRAME_OVERHEAD = FRAGMENT_HEADER_SIZE + PACKET_PROTOCOL_SIZE;

export const BEGIN = 0x80;
export const END = 0x40;

const CLASS_SHIFT = 2;
const CLASS_MASK = 0x3c;
const RESERVED_MASK = 0x03;

/** RFC 2686 §4: the class number of the long header has four bits. */
export const CLASS_LIMIT = 16;

/** Writes a fragment's header; `flags` are BEGIN and END. */
export function writeFragmentHeader(
  bytes: Uint8Array,
  offset: number,
  flags: number,
  trafficClass: number,
  sequence: number,
): void {
  bytes[offset] = PPP_PROTOCOLS.multilink;
  bytes[offset + 1] = flags | (trafficClass << CLASS_SHIFT);
  bytes[offset + 2] = sequence >> 16;
  bytes[offset + 3] = sequence >> 8;
  bytes[offset + 4] = sequence;
}

/**
 * The header of a packet that is sent whole, and its protocol field, as a big-endian number of `FRAME_OVERHEAD` bytes: its
 * upper part, and its low 32 bits. That of the packet with the next sequence number, which is not 0, is `NEXT_WHOLE_FRAME` more.
 */
export function wholeFrameHigh(trafficClass: number): number {
  return (PPP_PROTOCOLS.multilink << 8) | BEGIN | END | (trafficClass << CLASS_SHIFT);
}

export function wholeFrameLow(sequence: number, protocol: number): number {
  return (sequence << 8) | protocol;
}

export const NEXT_WHOLE_FRAME = 1 << 8;

export function readFragmentFlags(bytes: Uint8Array, offset: number): number {
  return (bytes[offset + 1] ?? 0) & (BEGIN | END);
}

export function readFragmentClass(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset + 1] ?? 0) & CLASS_MASK) >> CLASS_SHIFT;
}

export function hasReservedBits(bytes: Uint8Array, offset: number): boolean {
  return ((bytes[offset + 1] ?? 0) & RESERVED_MASK) !== 0;
}

export function readSequence(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset + 2] ?? 0) << 16) | ((bytes[offset + 3] ?? 0) << 8) | (bytes[offset + 4] ?? 0);
}

const SEQUENCE_MASK = 0xffffff;

/** The header's bytes behind the protocol field as one integer: flags, class and sequence number. */
export function readFragmentWord(view: DataView, offset: number): number {
  return view.getInt32(offset + 1);
}

/** The word of the fragment that comes `count` places later in the same class and has the same flags. */
export function laterFragmentWord(word: number, count: number): number {
  return (word & ~SEQUENCE_MASK) | ((word + count) & SEQUENCE_MASK);
}

/** Whether the word is that of a whole packet, with BEGIN and END, and has no bits that mean nothing. */
export function isWholePacket(word: number): boolean {
  return ((word >>> 24) & (BEGIN | END | RESERVED_MASK)) === (BEGIN | END);
}

export function classOfWord(word: number): number {
  return ((word >>> 24) & CLASS_MASK) >> CLASS_SHIFT;
}
