import { type Bytes, type BytesPerSecond, type Milliseconds, UNLIMITED } from "../units.ts";
import type { InnerAddress } from "./codecs.ts";
import { type OptionReader, type OptionType, option } from "./option.ts";
import * as types from "./option-types.ts";

/** What either end of a link says of itself in a handshake. */
export type LinkEnd = {
  /** The index by which the other end addresses this one on this link: 1 to 2^24 - 1. */
  readonly linkIndex: number;
  /** The class and up to 20 bytes of address of this end of the bundle (RFC 1990 §5.1.3). */
  readonly endpointDiscriminator: Uint8Array;
  /** The largest packet that this end can put together, in bytes: 1 to 65535. */
  readonly mrru: Bytes;
  /** How many classes this end can receive: 1 to 16 (RFC 2686). */
  readonly classes: number;
  /** At which rate this end sends at most, and the other end may; `UNLIMITED` when it does not know or mind. */
  readonly sendRate: BytesPerSecond;
  readonly receiveRate: BytesPerSecond;
  /** How often this end asks an idle link for an echo; 1 ms to 49 days. */
  readonly keepalive: Milliseconds;
  /** The software's version, at most 32 bytes of UTF-8. */
  readonly version: string;
};

/** The LCP options of an end. */
export function endOptions(end: LinkEnd): Uint8Array[] {
  return [
    ...option(types.MRRU, end.mrru),
    ...option(types.ENDPOINT_DISCRIMINATOR, end.endpointDiscriminator),
    ...option(types.HEADER_FORMAT, end.classes),
    ...option(types.LINK_INDEX, end.linkIndex),
    ...option(types.SEND_RATE, end.sendRate === UNLIMITED ? undefined : end.sendRate),
    ...option(types.RECEIVE_RATE, end.receiveRate === UNLIMITED ? undefined : end.receiveRate),
    ...option(types.KEEPALIVE, end.keepalive),
    ...option(types.SOFTWARE_VERSION, end.version),
  ];
}

/** What the LCP options say of an end; undefined when one is missing that must be there. */
export function readEndOptions(options: OptionReader): LinkEnd | undefined {
  const mrru = options.required(types.MRRU);
  const endpointDiscriminator = options.required(types.ENDPOINT_DISCRIMINATOR);
  const classes = options.required(types.HEADER_FORMAT);
  const linkIndex = options.required(types.LINK_INDEX);
  const sendRate = options.optional(types.SEND_RATE) ?? UNLIMITED;
  const receiveRate = options.optional(types.RECEIVE_RATE) ?? UNLIMITED;
  const keepalive = options.required(types.KEEPALIVE);
  const version = options.required(types.SOFTWARE_VERSION);
  if (mrru === undefined || endpointDiscriminator === undefined || classes === undefined) return undefined;
  if (linkIndex === undefined || keepalive === undefined || version === undefined) return undefined;
  return { linkIndex, endpointDiscriminator, mrru, classes, sendRate, receiveRate, keepalive, version };
}

/** An address and its prefix length, as the options of an IPCP or IPV6CP packet. */
export function addressOptions(
  addressType: OptionType<Uint8Array>,
  prefixType: OptionType<number>,
  inner: InnerAddress | undefined,
): Uint8Array[] {
  return inner === undefined
    ? []
    : [...option(addressType, inner.address), ...option(prefixType, inner.prefixLength)];
}

/** The address in an IPCP or IPV6CP packet; without a prefix length it stands alone, as /32 or /128. */
export function readAddress(
  options: OptionReader,
  addressType: OptionType<Uint8Array>,
  prefixType: OptionType<number>,
): InnerAddress | undefined {
  const address = options.optional(addressType);
  const prefixLength = options.optional(prefixType);
  return address === undefined ? undefined : { address, prefixLength: prefixLength ?? address.length * 8 };
}
