const CONTROL_CHARACTER = /\p{Cc}/u;

/** Text as UTF-8. Throws a RangeError for more than `limit` bytes, control characters and unpaired surrogates. */
export function encodeText(text: string, limit: number): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) pushCodePoint(bytes, character.codePointAt(0) ?? 0);
  const encoded = Uint8Array.from(bytes);
  if (decodeText(encoded, limit) !== text) throw new RangeError(`not text of at most ${limit} bytes: ${text}`);
  return encoded;
}

/**
 * UTF-8 as text; undefined for more than `limit` bytes, for anything that is not UTF-8, and for control characters,
 * which a peer has no use for except to upset a log or a terminal.
 */
export function decodeText(bytes: Uint8Array, limit: number): string | undefined {
  if (bytes.length > limit) return undefined;
  let escaped = "";
  for (const byte of bytes) escaped += `%${byte.toString(16).padStart(2, "0")}`;
  try {
    const text = decodeURIComponent(escaped);
    return CONTROL_CHARACTER.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function pushCodePoint(bytes: number[], point: number): void {
  if (point < 0x80) bytes.push(point);
  else if (point < 0x800) bytes.push(0xc0 | (point >> 6), continuation(point));
  else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), continuation(point >> 6), continuation(point));
  else bytes.push(0xf0 | (point >> 18), continuation(point >> 12), continuation(point >> 6), continuation(point));
}

function continuation(bits: number): number {
  return 0x80 | (bits & 0x3f);
}
