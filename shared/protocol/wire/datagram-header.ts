// The first eight bytes of every datagram, in clear; in data they are the associated data:
//  0     type in the low bits; 0x80: the packet's transport checksum is partial
//  1..3  the receiver's link index, big endian
//  4..7  the low 32 bits of the packet number, big endian
export const DATAGRAM_HEADER_SIZE = 8;
export const AEAD_TAG_SIZE = 16;

/** What sealing adds to a frame: the header and the tag. */
export const DATAGRAM_OVERHEAD = DATAGRAM_HEADER_SIZE + AEAD_TAG_SIZE;

export const DATAGRAM_TYPES = { initiation: 1, response: 2, data: 3 } as const;

const CHECKSUM_PARTIAL = 0x80;
const TYPE_MASK = 0x7f;
const LINK_INDEX_MASK = 0xffffff;

/** The number of link indices: they have 24 bits. */
export const LINK_INDEX_LIMIT = LINK_INDEX_MASK + 1;

/** Header word 0 of a data datagram. */
export function dataWord(linkIndex: number, isChecksumPartial: boolean): number {
  return ((isChecksumPartial ? CHECKSUM_PARTIAL : 0) << 24) | (DATAGRAM_TYPES.data << 24) | linkIndex;
}

export function datagramType(word0: number): number {
  return (word0 >>> 24) & TYPE_MASK;
}

export function isChecksumPartial(word0: number): boolean {
  return word0 < 0;
}

export function receiverLinkIndex(word0: number): number {
  return word0 & LINK_INDEX_MASK;
}

/** The bytes of IP and UDP in front of a datagram, for an address record's family. */
export function outerHeaderSize(family: number): number {
  return family === 6 ? 48 : 28;
}
