import { isIPv4, isIPv6 } from "node:net";
import { endianness } from "node:os";
import { interfaceIndex } from "./system.ts";

// Offsets of an address record:
//  0      family: 4, 6, or 0 for none
//  1      zero
//  2..3   port, big endian
//  4..7   IPv6 scope (interface index), host order; 0 for none
//  8..23  remote address; IPv4 in the first four bytes, the rest zero
// 24..39  local address to send from, or that was sent to; all zero: the kernel's choice
// 40..43  local interface index, host order; 0 for any
// 44..47  zero
/** The size of an address record: where a datagram came from or goes to. */
export const ADDRESS_RECORD_SIZE = 48;

const PORT = 2;
const SCOPE = 4;
const REMOTE = 8;
const LOCAL = 24;
const LOCAL_INTERFACE = 40;
const IPV4_LENGTH = 4;
const IPV6_LENGTH = 16;
const MAPPED_GROUPS = "0,0,0,0,0,65535";
const MAXIMUM_PORT = 65535;
const IS_LITTLE_ENDIAN = endianness() === "LE";

/** An address to write into a record. */
export type Address = {
  /** IPv4 or IPv6 as text; IPv6 may have a zone (`fe80::1%eth0`). A v4-mapped address is an IPv4 address. */
  readonly address: string;
  readonly port: number;
  /** Interface index of a link-local address; wins over a zone. */
  readonly scope?: number;
  /** The local address to send from, of the same family; the kernel chooses unless given. */
  readonly localAddress?: string | null;
  /** Index of the interface to send by, past the routing table; any unless given. */
  readonly localInterface?: number;
};

/** What an address record says. */
export type AddressRecord = {
  readonly family: 4 | 6;
  readonly address: string;
  readonly port: number;
  readonly scope: number;
  readonly localAddress: string | null;
  readonly localInterface: number;
};

/** Writes a record of 48 bytes. Throws RangeError for what is no address or port, and when the record does not fit. */
export function writeAddressRecord(arena: Uint8Array, offset: number, address: Address): void {
  const view = viewRecord(arena, offset);
  if (!Number.isInteger(address.port) || address.port < 0 || address.port > MAXIMUM_PORT) {
    throw new RangeError(`${address.port} is not a port`);
  }
  const remote = parseAddress(address.address);
  const local = typeof address.localAddress === "string" ? parseAddress(address.localAddress) : undefined;
  if (local !== undefined && local.bytes.length !== remote.bytes.length) {
    throw new RangeError(`${address.localAddress} and ${address.address} are of different families`);
  }
  arena.fill(0, offset, offset + ADDRESS_RECORD_SIZE);
  arena[offset] = remote.bytes.length === IPV4_LENGTH ? 4 : 6;
  view.setUint16(PORT, address.port);
  view.setUint32(SCOPE, address.scope ?? remote.scope, IS_LITTLE_ENDIAN);
  arena.set(remote.bytes, offset + REMOTE);
  if (local !== undefined) arena.set(local.bytes, offset + LOCAL);
  view.setUint32(LOCAL_INTERFACE, address.localInterface ?? 0, IS_LITTLE_ENDIAN);
}

/** Reads a record; undefined when it names no address. Throws RangeError when it lies outside the arena. */
export function readAddressRecord(arena: Uint8Array, offset: number): AddressRecord | undefined {
  const view = viewRecord(arena, offset);
  const family = arena[offset];
  if (family !== 4 && family !== 6) return undefined;
  const length = family === 4 ? IPV4_LENGTH : IPV6_LENGTH;
  const local = arena.subarray(offset + LOCAL, offset + LOCAL + length);
  return {
    family,
    address: formatAddress(arena.subarray(offset + REMOTE, offset + REMOTE + length)),
    port: view.getUint16(PORT),
    scope: view.getUint32(SCOPE, IS_LITTLE_ENDIAN),
    localAddress: local.every((byte) => byte === 0) ? null : formatAddress(local),
    localInterface: view.getUint32(LOCAL_INTERFACE, IS_LITTLE_ENDIAN),
  };
}

function viewRecord(arena: Uint8Array, offset: number): DataView {
  if (!Number.isInteger(offset) || offset < 0 || offset + ADDRESS_RECORD_SIZE > arena.length) {
    throw new RangeError("the address record lies outside the arena");
  }
  return new DataView(arena.buffer, arena.byteOffset + offset, ADDRESS_RECORD_SIZE);
}

type ParsedAddress = { readonly bytes: readonly number[]; readonly scope: number };

function parseAddress(text: string): ParsedAddress {
  if (isIPv4(text)) return { bytes: parseIpv4(text), scope: 0 };
  if (!isIPv6(text)) throw new RangeError(`${text} is not an IP address`);
  const [address = "", zone] = text.split("%");
  const groups = parseGroups(address);
  const bytes = groups.flatMap((group) => [group >> 8, group & 0xff]);
  if (groups.slice(0, 6).join() === MAPPED_GROUPS) return { bytes: bytes.slice(IPV6_LENGTH - IPV4_LENGTH), scope: 0 };
  return { bytes, scope: zone === undefined ? 0 : parseZone(zone) };
}

function parseIpv4(text: string): number[] {
  return text.split(".").map(Number);
}

function parseZone(zone: string): number {
  return /^[0-9]+$/.test(zone) ? Number(zone) : interfaceIndex(zone);
}

/** The eight groups of a valid IPv6 address without a zone (RFC 4291 §2.2). */
function parseGroups(text: string): number[] {
  const [before = "", after] = text.split("::");
  const front = parseSide(before);
  if (after === undefined) return front;
  const back = parseSide(after);
  const zeros = Array.from({ length: IPV6_LENGTH / 2 - front.length - back.length }, () => 0);
  return [...front, ...zeros, ...back];
}

function parseSide(side: string): number[] {
  if (side === "") return [];
  return side.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = parseIpv4(group);
    return [(a << 8) | b, (c << 8) | d];
  });
}

function formatAddress(bytes: Uint8Array): string {
  return bytes.length === IPV4_LENGTH ? bytes.join(".") : formatIpv6(bytes);
}

/** RFC 5952 §4: lower case, no leading zeros, the first longest run of two or more zero groups becomes "::". */
function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: IPV6_LENGTH / 2 }, (_, index) => {
    return (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16);
  });
  const runs = groups.map((_, index) => zeroRunLength(groups, index));
  const longest = Math.max(...runs);
  if (longest < 2) return groups.join(":");
  const start = runs.indexOf(longest);
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + longest).join(":")}`;
}

function zeroRunLength(groups: readonly string[], start: number): number {
  const end = groups.findIndex((group, index) => index >= start && group !== "0");
  return (end === -1 ? groups.length : end) - start;
}
