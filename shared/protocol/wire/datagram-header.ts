// The first eight bytes of every datagram, in clear; in data they are the associated data:
//  0     type in the low bits; 0x80: the packet's transport checksum is partial; 0x40: a copy, sent before on some link;
//        0x20: pinned, which is to say that a filter of the client's bound the packet to this link
//  1..3  the receiver's link index, big endian
//  4..7  the low 32 bits of the packet number, big endian
export const DATAGRAM_HEADER_SIZE = 8;
export const AEAD_TAG_SIZE = 16;

/** What sealing adds to a frame: the header and the tag. */
export const DATAGRAM_OVERHEAD = DATAGRAM_HEADER_SIZE + AEAD_TAG_SIZE;

export const DATAGRAM_TYPES = { initiation: 1, response: 2, data: 3 } as const;

/** Flags of a data datagram, beside the type. */
export const DATAGRAM_FLAGS = { checksumPartial: 0x80, copy: 0x40, pinned: 0x20 } as const;

/** The bits of byte 0 that are the type. */
export const TYPE_MASK = 0x1f;

/** The bits of word 0 that are the link index. */
export const LINK_INDEX_MASK = 0xffffff;

/** The number of link indices: they have 24 bits. */
export const LINK_INDEX_LIMIT = LINK_INDEX_MASK + 1;

/** Header word 0 of a data datagram with `DATAGRAM_FLAGS`. */
export function dataWord(linkIndex: number, flags: number): number {
  return ((flags | DATAGRAM_TYPES.data) << 24) | linkIndex;
}

export function datagramType(word0: number): number {
  return (word0 >>> 24) & TYPE_MASK;
}

export function isChecksumPartial(word0: number): boolean {
  return word0 < 0;
}

/** Whether the fragment was sent before, on this or another link: it says nothing of the order on its link. */
export function isCopy(word0: number): boolean {
  return ((word0 >>> 24) & DATAGRAM_FLAGS.copy) !== 0;
}

/** Whether the sender bound the packet to the link that it came on, so that its answers are to go there too. */
export function isPinned(word0: number): boolean {
  return ((word0 >>> 24) & DATAGRAM_FLAGS.pinned) !== 0;
}

export function receiverLinkIndex(word0: number): number {
  return word0 & LINK_INDEX_MASK;
}

/** The bytes of IP and UDP in front of a datagram, for an address record's family. */
export function outerHeaderSize(family: number): number {
  return family === 6 ? 48 : 28;
}
