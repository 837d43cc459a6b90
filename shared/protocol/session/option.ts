// A configuration option (RFC 1661 §6):
//  0    type
//  1    length of the whole option
//  2..  value; a vendor-specific option (RFC 2153 §2.1) has type 0 and here
//       2..4  the vendor's OUI
//       5     kind
//       6..   value
const HEADER_SIZE = 2;
const VENDOR_TYPE = 0;
const VENDOR_HEADER_SIZE = 6;
// No registered OUI: 02 has the "locally administered" bit, 48 57 is "HW".
const OUI = [0x02, 0x48, 0x57] as const;
const MAX_OPTION_SIZE = 255;

// Option numbers in this file: a standard option has its type, one of ours 256 and its kind, a foreign vendor's -1.
const OWN_OPTION = 256;
const FOREIGN_OPTION = -1;
// A kind of ours with this bit cannot be passed over by a receiver that does not know it.
const CRITICAL = 0x80;

/** How a value travels: `read` answers undefined for bytes that cannot be one, `write` throws a RangeError. */
export type Codec<Value> = {
  readonly read: (bytes: Uint8Array) => Value | undefined;
  readonly write: (value: Value) => Uint8Array;
};

/** A configuration option that is known here. */
export type OptionType<Value> = Codec<Value> & { readonly number: number };

/** An option of an RFC. */
export function standardOption<Value>(type: number, codec: Codec<Value>): OptionType<Value> {
  return { ...codec, number: type };
}

/** A vendor-specific option of this project (RFC 2153). */
export function ownOption<Value>(kind: number, codec: Codec<Value>): OptionType<Value> {
  return { ...codec, number: OWN_OPTION + kind };
}

/** The bytes of an option with this value, as a list of one; an empty list for undefined. */
export function option<Value>(type: OptionType<Value>, value: Value | undefined): Uint8Array[] {
  if (value === undefined) return [];
  const data = type.write(value);
  const isOwn = type.number >= OWN_OPTION;
  const header = isOwn ? [VENDOR_TYPE, 0, ...OUI, type.number - OWN_OPTION] : [type.number, 0];
  const bytes = new Uint8Array(header.length + data.length);
  if (bytes.length > MAX_OPTION_SIZE) throw new RangeError(`an option of ${bytes.length} bytes`);
  bytes.set(header);
  bytes[1] = bytes.length;
  bytes.set(data, header.length);
  return [bytes];
}

type RawOption = { readonly number: number; readonly bytes: Uint8Array; readonly value: Uint8Array };

/** The options of one Configure packet, asked for one by one; whoever has asked looks at `isMalformed` at the end. */
export class OptionReader {
  readonly #unread: RawOption[];
  #isMalformed = false;

  constructor(data: Uint8Array) {
    const options = readOptions(data);
    this.#unread = options ?? [];
    this.#isMalformed = options === undefined;
  }

  /** Whether the bytes are no options, a required one is missing, one is listed twice, or a value cannot be. */
  get isMalformed(): boolean {
    return this.#isMalformed;
  }

  /** The value of an option that must be there; undefined only when the packet is malformed. */
  required<Value>(type: OptionType<Value>): Value | undefined {
    const value = this.optional(type);
    if (value === undefined) this.#isMalformed = true;
    return value;
  }

  /** The value of an option that may be there once (RFC 1661 §5.1). */
  optional<Value>(type: OptionType<Value>): Value | undefined {
    const values = this.repeated(type);
    if (values.length > 1) this.#isMalformed = true;
    return values[0];
  }

  /** The values of an option that may be there many times. */
  repeated<Value>(type: OptionType<Value>): Value[] {
    const values: Value[] = [];
    for (let index = this.#unread.length - 1; index >= 0; index--) {
      const raw = this.#unread[index];
      if (raw?.number !== type.number) continue;
      this.#unread.splice(index, 1);
      const value = type.read(raw.value);
      if (value === undefined) this.#isMalformed = true;
      else values.unshift(value);
    }
    return values;
  }

  /** The options that nobody asked for, whole: what a Configure-Reject returns (RFC 1661 §5.4). */
  unknown(): Uint8Array[] {
    return this.#unread.map((raw) => raw.bytes);
  }

  /** Whether one of the unknown options must not be passed over. */
  hasUnknownCritical(): boolean {
    return this.#unread.some((raw) => raw.number >= OWN_OPTION + CRITICAL);
  }
}

function readOptions(data: Uint8Array): RawOption[] | undefined {
  const options: RawOption[] = [];
  let offset = 0;
  while (offset < data.length) {
    const length = data[offset + 1] ?? 0;
    if (length < HEADER_SIZE || offset + length > data.length) return undefined;
    const raw = readOption(data.subarray(offset, offset + length));
    if (raw === undefined) return undefined;
    options.push(raw);
    offset += length;
  }
  return options;
}

function readOption(bytes: Uint8Array): RawOption | undefined {
  const type = bytes[0] ?? 0;
  if (type !== VENDOR_TYPE) return { number: type, bytes, value: bytes.subarray(HEADER_SIZE) };
  if (bytes.length < VENDOR_HEADER_SIZE) return undefined;
  const isOwn = OUI.every((byte, index) => bytes[HEADER_SIZE + index] === byte);
  const number = isOwn ? OWN_OPTION + (bytes[VENDOR_HEADER_SIZE - 1] ?? 0) : FOREIGN_OPTION;
  return { number, bytes, value: bytes.subarray(VENDOR_HEADER_SIZE) };
}
