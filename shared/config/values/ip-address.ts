import { isIPv4, isIPv6 } from "node:net";

/** An IP address: `text` is its canonical form (RFC 5952 for IPv6), `bytes` its 4 or 16 bytes. */
export type IpAddress = { readonly family: 4 | 6; readonly text: string; readonly bytes: Uint8Array };

/** An address with a prefix length; `text` is both with a slash. Bits behind the prefix may be set. */
export type IpPrefix = { readonly address: IpAddress; readonly length: number; readonly text: string };

/** Reads an IPv4 or IPv6 address without brackets or zone; undefined for anything else. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (isIPv4(text)) return ipAddress(Uint8Array.from(text.split("."), Number));
  if (isIPv6(text) && !text.includes("%")) return ipAddress(readIpv6(text));
  return undefined;
}

/** The address of 4 or 16 bytes. */
export function ipAddress(bytes: Uint8Array): IpAddress {
  if (bytes.length === 4) return { family: 4, text: bytes.join("."), bytes };
  return { family: 6, text: formatIpv6(bytes), bytes };
}

/** Reads an address with a prefix length, such as an interface has: `10.44.43.1/24`. Undefined for anything else. */
export function parseIpPrefix(text: string): IpPrefix | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = parseIpAddress(match?.[1] ?? "");
  const length = Number(match?.[2]);
  if (address === undefined || length > 8 * address.bytes.length) return undefined;
  return ipPrefix(address, length);
}

/** Reads a network, as a route has: no bit behind the prefix is set, and a lone address is a prefix of full length. */
export function parseNetwork(text: string): IpPrefix | undefined {
  const lone = parseIpAddress(text);
  if (lone !== undefined) return ipPrefix(lone, 8 * lone.bytes.length);
  const prefix = parseIpPrefix(text);
  return prefix !== undefined && isSameAddress(prefix.address, networkOf(prefix)) ? prefix : undefined;
}

/** The prefix of an address and a length in bits. */
export function ipPrefix(address: IpAddress, length: number): IpPrefix {
  return { address, length, text: `${address.text}/${length}` };
}

/** The first address of a prefix: all bits behind the length are zero. */
export function networkOf({ address, length }: IpPrefix): IpAddress {
  return ipAddress(address.bytes.map((byte, index) => byte & maskByte(index, length)));
}

/** The last address of a prefix: all bits behind the length are set. For IPv4 this is the broadcast address. */
export function lastAddressOf({ address, length }: IpPrefix): IpAddress {
  return ipAddress(address.bytes.map((byte, index) => byte | (~maskByte(index, length) & 0xff)));
}

/** Whether an address lies in a prefix; false when the families differ. */
export function contains({ address, length }: IpPrefix, other: IpAddress): boolean {
  if (address.family !== other.family) return false;
  return address.bytes.every((byte, index) => ((byte ^ (other.bytes[index] ?? 0)) & maskByte(index, length)) === 0);
}

/** Whether two prefixes have an address in common. */
export function overlaps(a: IpPrefix, b: IpPrefix): boolean {
  return a.length <= b.length ? contains(a, b.address) : contains(b, a.address);
}

/** Whether two addresses are the same. */
export function isSameAddress(a: IpAddress, b: IpAddress): boolean {
  return a.text === b.text;
}

/** Whether an address stands for "any": 0.0.0.0 or ::. */
export function isUnspecified(address: IpAddress): boolean {
  return address.bytes.every((byte) => byte === 0);
}

function maskByte(index: number, length: number): number {
  const bits = Math.min(8, Math.max(0, length - 8 * index));
  return (0xff00 >> bits) & 0xff;
}

function readIpv6(text: string): Uint8Array {
  const [head = "", tail] = text.split("::");
  const first = readGroups(head);
  const last = tail === undefined ? [] : readGroups(tail);
  const zeros = Array.from({ length: 16 - first.length - last.length }, () => 0);
  return Uint8Array.from([...first, ...zeros, ...last]);
}

function readGroups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

// RFC 5952 §4: lower case, no leading zeros, and the first longest run of two or more zero groups as "::".
function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0),
  );
  let runStart = -1;
  let runLength = 1;
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > runLength) {
      runStart = start;
      runLength = end - start;
    }
  }
  const hex = groups.map((group) => group.toString(16));
  if (runStart < 0) return hex.join(":");
  return `${hex.slice(0, runStart).join(":")}::${hex.slice(runStart + runLength).join(":")}`;
}
