/** An address and how many of its leading bits count. */
export type Prefix = { readonly address: Uint8Array; readonly length: number };

/** The text of an address of 4 or 16 bytes, IPv6 as RFC 5952 wants it; of other lengths, their hexadecimal digits. */
export function addressText(address: Uint8Array): string {
  if (address.length === 4) return address.join(".");
  if (address.length === 16) return ip6Text(address);
  return Array.from(address, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The 4 or 16 bytes of an address in text; undefined when it is none. No zones, no octal, no short IPv4. */
export function parseAddress(text: string): Uint8Array | undefined {
  return text.includes(":") ? parseIp6(text) : parseIp4(text);
}

/** An address with a prefix length behind a slash; undefined when it is none. Bits beyond the prefix are kept. */
export function parsePrefix(text: string): Prefix | undefined {
  const [addressPart = "", lengthPart = "", ...rest] = text.split("/");
  const address = parseAddress(addressPart);
  if (address === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(lengthPart)) return undefined;
  const length = Number(lengthPart);
  return length <= 8 * address.length ? { address, length } : undefined;
}

function ip6Text(address: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, group) => ((address[2 * group] ?? 0) << 8) | (address[2 * group + 1] ?? 0),
  );
  const zeros = longestZeroRun(groups);
  // RFC 5952 §5: an address whose kind says that it embeds one of IPv4 shows it.
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return `::ffff:${address.subarray(12).join(".")}`;
  const hex = groups.map((group) => group.toString(16));
  // RFC 5952 §4.2.2: one lone group of zero is not shortened.
  if (zeros.length < 2) return hex.join(":");
  return `${hex.slice(0, zeros.start).join(":")}::${hex.slice(zeros.start + zeros.length).join(":")}`;
}

/** RFC 5952 §4.2.3: the longest run of zeros, and the first of several. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}

function parseIp4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  const isStrict =
    parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return isStrict ? Uint8Array.from(parts, Number) : undefined;
}

function parseIp6(text: string): Uint8Array | undefined {
  const halves = expandIp4Tail(text)?.split("::");
  if (halves === undefined || halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - tail.length;
  // RFC 4291 §2.2: `::` stands for one group of zeros or more.
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => "0"), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const words = groups.map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}

/** RFC 4291 §2.2: the last two groups may be written as an IPv4 address. */
function expandIp4Tail(text: string): string | undefined {
  const tail = text.slice(text.lastIndexOf(":") + 1);
  if (!tail.includes(".")) return text;
  const [a, b, c, d] = parseIp4(tail) ?? [];
  if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
  return `${text.slice(0, -tail.length)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}
