// A handshake's payload is a row of PPP control packets (RFC 1661 §5), each in a frame of its own:
//  0..1  PPP protocol
//  2     code
//  3     identifier: 1, as a handshake asks once
//  4..5  length from the code on, big endian
//  6..   data; in Configure packets options (RFC 1661 §6)
// Behind the last one comes the Padding Protocol (0x0001, IANA PPP numbers) to the end.
import { readUint16, writeUint16 } from "../wire/lcp.ts";
import { OptionReader } from "./option.ts";

/** PPP protocols in a handshake: RFC 1661, RFC 1332, RFC 5072. */
export const CONTROL_PROTOCOLS = { lcp: 0xc021, ipcp: 0x8021, ipv6cp: 0x8057 } as const;
export type ControlProtocol = (typeof CONTROL_PROTOCOLS)[keyof typeof CONTROL_PROTOCOLS];

/** Codes of control packets in a handshake (RFC 1661 §5). */
export const CONTROL_CODES = {
  configureRequest: 1,
  configureNak: 3,
  configureReject: 4,
  terminateRequest: 5,
} as const;

const PADDING_PROTOCOL = 0x0001;
const PROTOCOL_SIZE = 2;
const HEADER_SIZE = 4;
const IDENTIFIER = 1;

/** What a control packet takes besides its data. */
export const CONTROL_PACKET_OVERHEAD = PROTOCOL_SIZE + HEADER_SIZE;

/** One control packet with these pieces as its data; none at all when there are no pieces. */
export function controlPacket(protocol: ControlProtocol, code: number, pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 0) return new Uint8Array(0);
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const packet = new Uint8Array(CONTROL_PACKET_OVERHEAD + size);
  writeUint16(packet, 0, protocol);
  packet[2] = code;
  packet[3] = IDENTIFIER;
  writeUint16(packet, 4, HEADER_SIZE + size);
  let offset = CONTROL_PACKET_OVERHEAD;
  for (const piece of pieces) {
    packet.set(piece, offset);
    offset += piece.length;
  }
  return packet;
}

/** A payload of exactly `size` bytes: the packets, then padding. Throws a RangeError when they do not fit. */
export function padPackets(size: number, packets: readonly Uint8Array[]): Uint8Array {
  const payload = new Uint8Array(size);
  let offset = 0;
  for (const packet of packets) {
    if (offset + packet.length + PROTOCOL_SIZE > size) throw new RangeError("the options do not fit in a handshake");
    payload.set(packet, offset);
    offset += packet.length;
  }
  writeUint16(payload, offset, PADDING_PROTOCOL);
  return payload;
}

/** How many bytes of a payload of `size` are left behind these packets. */
export function roomBehind(size: number, packets: readonly Uint8Array[]): number {
  return size - PROTOCOL_SIZE - packets.reduce((sum, packet) => sum + packet.length, 0);
}

/** Options that the receiver of a message does not know, whole: the content of a Configure-Reject (RFC 1661 §5.4). */
export type RejectedOptions = { readonly protocol: ControlProtocol; readonly options: readonly Uint8Array[] };

type Reading = { readonly protocol: ControlProtocol; readonly reader: OptionReader };

/** The control packets of a payload, asked for one by one; whoever has asked looks at `isMalformed` at the end. */
export class ControlPackets {
  readonly #data = new Map<number, Uint8Array>();
  readonly #readings: Reading[] = [];
  #isMalformed = false;

  /** Packets of unknown protocols are passed over; those with other codes than `codes` are malformed. */
  constructor(payload: Uint8Array, codes: readonly number[]) {
    let offset = 0;
    while (offset >= 0 && !this.#isMalformed) offset = this.#readPacket(payload, offset, codes);
  }

  get isMalformed(): boolean {
    return this.#isMalformed || this.#readings.some(({ reader }) => reader.isMalformed);
  }

  /** Whether one of the options that nobody asked for must not be passed over. */
  get hasUnknownCritical(): boolean {
    return this.#readings.some(({ reader }) => reader.hasUnknownCritical());
  }

  /** The options that nobody asked for. */
  unknown(): RejectedOptions[] {
    return this.#readings
      .map(({ protocol, reader }) => ({ protocol, options: reader.unknown() }))
      .filter(({ options }) => options.length > 0);
  }

  /** The options of a Configure packet; none when there is no such packet. */
  options(protocol: ControlProtocol, code: number): OptionReader {
    const reader = new OptionReader(this.data(protocol, code) ?? new Uint8Array(0));
    this.#readings.push({ protocol, reader });
    return reader;
  }

  /** The data of a packet. */
  data(protocol: ControlProtocol, code: number): Uint8Array | undefined {
    return this.#data.get(packetId(protocol, code));
  }

  // Returns where the next packet starts, or -1 behind the last one.
  #readPacket(payload: Uint8Array, offset: number, codes: readonly number[]): number {
    if (offset + PROTOCOL_SIZE > payload.length) return this.#fail();
    const protocol = readUint16(payload, offset);
    if (protocol === PADDING_PROTOCOL) return -1;
    if (offset + CONTROL_PACKET_OVERHEAD > payload.length) return this.#fail();
    const end = offset + PROTOCOL_SIZE + readUint16(payload, offset + 4);
    if (end < offset + CONTROL_PACKET_OVERHEAD || end > payload.length) return this.#fail();
    if (!isControlProtocol(protocol)) return end;
    const code = payload[offset + 2] ?? 0;
    const id = packetId(protocol, code);
    if (!codes.includes(code) || this.#data.has(id) || payload[offset + 3] !== IDENTIFIER) return this.#fail();
    this.#data.set(id, payload.subarray(offset + CONTROL_PACKET_OVERHEAD, end));
    return end;
  }

  #fail(): number {
    this.#isMalformed = true;
    return -1;
  }
}

function packetId(protocol: number, code: number): number {
  return protocol * 256 + code;
}

function isControlProtocol(protocol: number): boolean {
  return Object.values(CONTROL_PROTOCOLS).some((known) => known === protocol);
}
