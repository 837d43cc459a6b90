// ITU-T I.361: a cell of 53 bytes carries 48; I.363.5: an AAL5 frame ends with a trailer of 8, at the end of a cell.
const CELL_SIZE = 53;
const CELL_PAYLOAD = 48;
const AAL5_TRAILER = 8;

// RFC 2684: LLC and SNAP header of a routed packet (§5.1) and of a bridged frame with its two bytes of padding (§5.2);
// with multiplexing by virtual circuit a bridged frame keeps the padding alone (§6.2).
const ROUTED_LLC = 8;
const BRIDGED_LLC = 10;
const BRIDGED_PADDING = 2;
// RFC 2364: the LLC header and the NLPID of PPP over AAL5.
const PPP_LLC = 4;

// RFC 1661 §2: the protocol field. RFC 2516 §4: the PPPoE header.
const PPP_PROTOCOL = 2;
const PPPOE_HEADER = 6;

// IEEE 802.3: two addresses and a type, the frame check sequence; preamble, start delimiter and gap between frames.
const ETHERNET_HEADER = 14;
const ETHERNET_CHECK = 4;
const ETHERNET_PREAMBLE = 8;
const ETHERNET_GAP = 12;
const ETHERNET_SMALLEST_FRAME = 64;

// IEEE 802.3 §61.3 (64/65-octet encapsulation, ITU-T G.993.2 Annex K): start and end of frame, and its own check.
const PTM_FRAMING = 4;

/**
 * What a line adds to each IP packet: bytes in front of and behind it, up to a smallest size, and where the line is
 * cut into ATM cells, the rest of the last cell and the cells' headers.
 */
export type LineOverhead = {
  readonly framing: "frames" | "cells";
  /** Bytes added to each IP packet; with cells the AAL5 trailer is among them. */
  readonly perPacket: number;
  /** The least that a packet takes with what was added. */
  readonly smallest: number;
};

/** A line that is counted in bytes of IP packets. */
export const NO_OVERHEAD: LineOverhead = { framing: "frames", perPacket: 0, smallest: 0 };

const ETHERNET_FRAME = ETHERNET_HEADER + ETHERNET_CHECK;
const ETHERNET_BETWEEN_FRAMES = ETHERNET_PREAMBLE + ETHERNET_GAP;
const PPPOE = PPPOE_HEADER + PPP_PROTOCOL;

/**
 * The usual kinds of lines, by names and with sums that are those of tc-cake(8). Ethernet frames in ATM cells are
 * without their check sequence, which RFC 2684 leaves to choice.
 */
export const LINE_KINDS = {
  /** Ethernet as it is on the wire: 38 bytes and at least 84. */
  ethernet: frames(ETHERNET_FRAME + ETHERNET_BETWEEN_FRAMES, ETHERNET_SMALLEST_FRAME + ETHERNET_BETWEEN_FRAMES),
  /** A cable modem, whose rate counts Ethernet frames: 18 bytes and at least 64. */
  docsis: frames(ETHERNET_FRAME, ETHERNET_SMALLEST_FRAME),
  /** PPPoE over VDSL or fibre: 30 bytes. */
  "pppoe-ptm": frames(PPPOE + ETHERNET_FRAME + PTM_FRAMING),
  /** IP in Ethernet frames over VDSL: 22 bytes. */
  "bridged-ptm": frames(ETHERNET_FRAME + PTM_FRAMING),
  "ipoa-vcmux": cells(0),
  "ipoa-llcsnap": cells(ROUTED_LLC),
  "pppoa-vcmux": cells(PPP_PROTOCOL),
  "pppoa-llc": cells(PPP_LLC + PPP_PROTOCOL),
  "bridged-vcmux": cells(BRIDGED_PADDING + ETHERNET_HEADER),
  "bridged-llcsnap": cells(BRIDGED_LLC + ETHERNET_HEADER),
  "pppoe-vcmux": cells(BRIDGED_PADDING + ETHERNET_HEADER + PPPOE),
  "pppoe-llcsnap": cells(BRIDGED_LLC + ETHERNET_HEADER + PPPOE),
} as const satisfies Readonly<Record<string, LineOverhead>>;

/** A line in frames that adds `perPacket` bytes to each IP packet. */
export function frames(perPacket: number, smallest = 0): LineOverhead {
  return { framing: "frames", perPacket, smallest };
}

/** A line of ATM cells whose AAL5 frames hold `encapsulation` bytes beside the IP packet. */
export function cells(encapsulation: number): LineOverhead {
  return { framing: "cells", perPacket: encapsulation + AAL5_TRAILER, smallest: 0 };
}

/** The bytes that an IP packet of `size` bytes takes of the line. */
export function bytesOnLine(overhead: LineOverhead, size: number): number {
  const framed = size + overhead.perPacket;
  if (overhead.framing === "cells") return CELL_SIZE * Math.ceil(framed / CELL_PAYLOAD);
  return framed > overhead.smallest ? framed : overhead.smallest;
}

/** The size of the largest IP packet that takes at most `budget` bytes of the line; 0 when none does. */
export function largestPacketWithin(overhead: LineOverhead, budget: number): number {
  if (overhead.framing === "cells") {
    return Math.max(0, Math.floor(budget / CELL_SIZE) * CELL_PAYLOAD - overhead.perPacket);
  }
  return budget < overhead.smallest ? 0 : Math.max(0, budget - overhead.perPacket);
}
