// A capture is a pcapng file (draft-ietf-opsawg-pcapng), little endian, of these blocks; each begins with its type
// and total length (4 bytes each), is padded to a multiple of 4 and ends with its total length again.
//
//   section header          0x0a0d0d0a  byte-order magic, version 1.0, length unknown; option 4: the application
//   interface description   1           link type, snapshot length; option 2: name "dsl1", or "alice/dsl1" of a server
//   enhanced packet         6           interface, time in µs, lengths, data; options 2: direction, 4: frames lost before it
//   interface statistics    5           interface, time; options 4: frames received, 5: frames lost
//
// The link type is the "Linux cooked" one, 16 bytes in front of each frame, which then follows exactly as it was sealed:
//
//   0..1    packet type: 0 received, 4 sent
//   2..3    ARPHRD_PPP (512)
//   4..5    address length, 6
//   6..11   5a, 01 sent or 02 received, 00 00, number of the bundle (16 bits)
//   12..13  zero
//   14..15  ETH_P_WAN_PPP (7): a PPP frame
//
// Why not the plain PPP link type: Wireshark 4.0 keys the reassembly of MP by the frame's source address, class and
// sequence number. Plain PPP has no address, so fragments of the two directions, and on a server those of different
// bundles, whose sequence numbers meet were put together into one wrong packet.

/** A decrypted frame that crossed a link. */
export type CaptureFrame = {
  /** Wall-clock time in milliseconds since 1970, with fractions. */
  readonly timeMs: number;
  readonly linkName: string;
  /** Whose link it is; left out where there is only one bundle, on a client. */
  readonly bundleName?: string;
  readonly direction: Direction;
  /** The PPP frame: protocol field (compressed or not) and what follows it. Copied before the call returns. */
  readonly bytes: Uint8Array;
};

export type Direction = "sent" | "received";

/** Block types of pcapng. */
export const BLOCK_TYPES = { sectionHeader: 0x0a0d0d0a, interface: 1, statistics: 5, packet: 6 } as const;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_LINUX_SLL = 113;
const OPTION_NAME = 2;
const OPTION_APPLICATION = 4;
const OPTION_FLAGS = 2;
const OPTION_DROP_COUNT = 4;
const OPTION_RECEIVED = 4;
const OPTION_DROPPED = 5;
const FLAG_INBOUND = 1;
const FLAG_OUTBOUND = 2;
const PACKET_HOST = 0;
const PACKET_OUTGOING = 4;
const ARPHRD_PPP = 512;
const ETH_P_WAN_PPP = 7;
const COOKED_HEADER_SIZE = 16;
// Locally administered, and not a prefix to which Wireshark knows a vendor.
const LOCAL_ADDRESS = 0x5a;
const END_OF_OPTIONS = new Uint8Array(4);

type CapturedLink = {
  readonly id: number;
  readonly bundle: number;
  received: number;
  dropped: number;
  unsaid: number;
};
type KnownLink = { readonly link: CapturedLink; readonly description: Uint8Array };

const NOTHING = new Uint8Array(0);

/** Encodes frames as one pcapng section, an interface per link. Holds no frames: what it returns is to be written. */
export class PcapWriter {
  readonly #links = new Map<string, CapturedLink>();
  readonly #bundles = new Map<string, number>();

  /** The beginning of the file. */
  header(): Uint8Array {
    const body = new Uint8Array(16);
    const view = new DataView(body.buffer);
    view.setUint32(0, BYTE_ORDER_MAGIC, true);
    view.setUint16(4, 1, true);
    view.setBigInt64(8, -1n, true);
    return block(BLOCK_TYPES.sectionHeader, [body, textOption(OPTION_APPLICATION, "Hawser"), END_OF_OPTIONS]);
  }

  /** A frame, after the description of its link when this is the link's first. */
  frame(frame: CaptureFrame): Uint8Array {
    const { link, description } = this.#find(frame);
    const size = COOKED_HEADER_SIZE + frame.bytes.length;
    const head = new Uint8Array(20 + COOKED_HEADER_SIZE);
    const view = new DataView(head.buffer);
    view.setUint32(0, link.id, true);
    setTime(view, 4, frame.timeMs);
    view.setUint32(12, size, true);
    view.setUint32(16, size, true);
    setCookedHeader(view, 20, frame.direction, link.bundle);
    const options = [directionOption(frame.direction)];
    if (link.unsaid > 0) options.push(counterOption(OPTION_DROP_COUNT, link.unsaid));
    link.received++;
    link.unsaid = 0;
    return joined([
      description,
      block(BLOCK_TYPES.packet, [head, frame.bytes, padding(size), ...options, END_OF_OPTIONS]),
    ]);
  }

  /**
   * Counts a frame that there was no room for; the link's next frame and its statistics tell of it. Returns the
   * description of its link when this is the link's first, to be written even so, and nothing otherwise.
   */
  drop(frame: CaptureFrame): Uint8Array {
    const { link, description } = this.#find(frame);
    link.received++;
    link.dropped++;
    link.unsaid++;
    return description;
  }

  /** The end of the file: for each link how many frames there were and how many of them were dropped. */
  statistics(timeMs: number): Uint8Array {
    const blocks = [...this.#links.values()].map((link) => {
      const body = new Uint8Array(12);
      const view = new DataView(body.buffer);
      view.setUint32(0, link.id, true);
      setTime(view, 4, timeMs);
      const counters = [counterOption(OPTION_RECEIVED, link.received), counterOption(OPTION_DROPPED, link.dropped)];
      return block(BLOCK_TYPES.statistics, [body, ...counters, END_OF_OPTIONS]);
    });
    return joined(blocks);
  }

  #find(frame: CaptureFrame): KnownLink {
    const name = frame.bundleName === undefined ? frame.linkName : `${frame.bundleName}/${frame.linkName}`;
    const known = this.#links.get(name);
    if (known !== undefined) return { link: known, description: NOTHING };
    const bundle = this.#bundles.get(frame.bundleName ?? "") ?? this.#bundles.size + 1;
    this.#bundles.set(frame.bundleName ?? "", bundle);
    const link = { id: this.#links.size, bundle, received: 0, dropped: 0, unsaid: 0 };
    this.#links.set(name, link);
    return { link, description: interfaceDescription(name) };
  }
}

function interfaceDescription(name: string): Uint8Array {
  const body = new Uint8Array(8);
  new DataView(body.buffer).setUint16(0, LINKTYPE_LINUX_SLL, true);
  return block(BLOCK_TYPES.interface, [body, textOption(OPTION_NAME, name), END_OF_OPTIONS]);
}

function setCookedHeader(view: DataView, offset: number, direction: Direction, bundle: number): void {
  view.setUint16(offset, direction === "sent" ? PACKET_OUTGOING : PACKET_HOST);
  view.setUint16(offset + 2, ARPHRD_PPP);
  view.setUint16(offset + 4, 6);
  view.setUint8(offset + 6, LOCAL_ADDRESS);
  view.setUint8(offset + 7, direction === "sent" ? 1 : 2);
  view.setUint16(offset + 10, bundle);
  view.setUint16(offset + 14, ETH_P_WAN_PPP);
}

function setTime(view: DataView, offset: number, timeMs: number): void {
  const microseconds = BigInt(Math.round(timeMs * 1000));
  view.setUint32(offset, Number(microseconds >> 32n), true);
  view.setUint32(offset + 4, Number(microseconds & 0xffffffffn), true);
}

function directionOption(direction: Direction): Uint8Array {
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, direction === "sent" ? FLAG_OUTBOUND : FLAG_INBOUND, true);
  return option(OPTION_FLAGS, value);
}

function counterOption(code: number, count: number): Uint8Array {
  const value = new Uint8Array(8);
  new DataView(value.buffer).setBigUint64(0, BigInt(count), true);
  return option(code, value);
}

function textOption(code: number, text: string): Uint8Array {
  return option(code, new TextEncoder().encode(text));
}

function option(code: number, value: Uint8Array): Uint8Array {
  const head = new Uint8Array(4);
  const view = new DataView(head.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  return joined([head, value, padding(value.length)]);
}

function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = joined(parts);
  const whole = new Uint8Array(body.length + 12);
  const view = new DataView(whole.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, whole.length, true);
  whole.set(body, 8);
  view.setUint32(whole.length - 4, whole.length, true);
  return whole;
}

function padding(length: number): Uint8Array {
  return new Uint8Array(-length & 3);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
