import { type BytesPerSecond, bytesPerSecond } from "../units.ts";
import type { Codec } from "./option.ts";
import { decodeText, encodeText } from "./text.ts";

/** An address inside the tunnel, 4 or 16 bytes, and the length of its network's prefix in bits. */
export type InnerAddress = { readonly address: Uint8Array; readonly prefixLength: number };

const MAX_RATE = Number.MAX_SAFE_INTEGER;
const RATE_SIZE = 8;

/** A whole number of `size` bytes, big endian, within bounds. Fractions are rounded when written. */
export function integer(size: number, minimum: number, maximum: number): Codec<number> {
  return {
    read: (bytes) => {
      if (bytes.length !== size) return undefined;
      let value = 0;
      for (const byte of bytes) value = value * 256 + byte;
      return value >= minimum && value <= maximum ? value : undefined;
    },
    write: (value) => {
      const rounded = Math.round(value);
      if (!(rounded >= minimum && rounded <= maximum))
        throw new RangeError(`${value} is not in ${minimum}..${maximum}`);
      const bytes = new Uint8Array(size);
      let rest = rounded;
      for (let index = size - 1; index >= 0; index--) {
        bytes[index] = rest % 256;
        rest = Math.floor(rest / 256);
      }
      return bytes;
    },
  };
}

/** A codec seen through a conversion, such as a number with a unit. */
export function converted<Wire, Value>(
  codec: Codec<Wire>,
  toValue: (wire: Wire) => Value,
  toWire: (value: Value) => Wire,
): Codec<Value> {
  return {
    read: (bytes) => {
      const wire = codec.read(bytes);
      return wire === undefined ? undefined : toValue(wire);
    },
    write: (value) => codec.write(toWire(value)),
  };
}

/** A bandwidth as 64 bits; a finite one is at least one byte per second and at most 2^53 - 1. */
export const rate: Codec<BytesPerSecond> = converted(
  integer(RATE_SIZE, 1, MAX_RATE),
  bytesPerSecond,
  // A rate below one byte per second is still a rate, and not "none".
  (value) => Math.max(1, Math.min(MAX_RATE, Math.round(value))),
);

/** Bytes as they are. */
export function opaque(minimum: number, maximum: number): Codec<Uint8Array> {
  return {
    read: (bytes) => (bytes.length >= minimum && bytes.length <= maximum ? bytes.slice() : undefined),
    write: (value) => {
      if (value.length < minimum || value.length > maximum) {
        throw new RangeError(`${value.length} bytes are not ${minimum}..${maximum}`);
      }
      return value;
    },
  };
}

/** One to `limit` bytes of UTF-8 without control characters. */
export function text(limit: number): Codec<string> {
  return {
    read: (bytes) => (bytes.length === 0 ? undefined : decodeText(bytes, limit)),
    write: (value) => {
      if (value === "") throw new RangeError("an empty text");
      return encodeText(value, limit);
    },
  };
}

/** A network: the length of its prefix in one byte, then the address of `size` bytes. */
export function network(size: number): Codec<InnerAddress> {
  const prefix = integer(1, 0, size * 8);
  const address = opaque(size, size);
  return {
    read: (bytes) => {
      const prefixLength = prefix.read(bytes.subarray(0, 1));
      const found = address.read(bytes.subarray(1));
      return prefixLength === undefined || found === undefined ? undefined : { address: found, prefixLength };
    },
    write: (value) => Uint8Array.of(...prefix.write(value.prefixLength), ...address.write(value.address)),
  };
}
