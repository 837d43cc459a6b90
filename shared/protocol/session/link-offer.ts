import type { LinkAllowance } from "../link/quota.ts";
import type { Cipher } from "../seal/aead.ts";
import type { Bytes } from "../units.ts";
import type { InnerAddress } from "./codecs.ts";
import {
  CONTROL_CODES,
  CONTROL_PROTOCOLS,
  ControlPackets,
  controlPacket,
  padPackets,
  type RejectedOptions,
} from "./control-packet.ts";
import { lineOptions, readLineOptions } from "./line-options.ts";
import type { LineTerms } from "./line-terms.ts";
import { addressOptions, endOptions, type LinkEnd, readAddress, readEndOptions } from "./link-end.ts";
import { type OptionReader, option } from "./option.ts";
import * as types from "./option-types.ts";

/** What an initiator says and asks in its half of a link's handshake. */
export type LinkOffer = LinkEnd & {
  /** Which client this is, where the secret does not say it. At most 64 bytes of UTF-8, as is the link's name. */
  readonly clientName: string | undefined;
  readonly linkName: string;
  /** A number of 16 bits that stays with the link for the life of the bundle (RFC 2125 §2.1). */
  readonly linkDiscriminator: number;
  /** The ciphers of the data path that the initiator has, the preferred one first. */
  readonly ciphers: readonly Cipher[];
  /** The tunnel addresses that the initiator wishes for. */
  readonly ip4: InnerAddress | undefined;
  readonly ip6: InnerAddress | undefined;
  /** The largest IP packet that the line takes, where the initiator knows it, and the tunnel MTU that it wishes for. */
  readonly lineMtu: Bytes | undefined;
  readonly tunnelMtu: Bytes | undefined;
  /** What the initiator's operator says of the line. */
  readonly line: LineTerms;
  /** What the line's quota allows at the moment. */
  readonly allowance: LinkAllowance;
  /** The token of the responder's last answer on this link, counted up at every further offer: it shows a replay. */
  readonly token: Uint8Array | undefined;
};

/** An offer as it was read. `isSupported`: it has no unknown option that must not be passed over. */
export type DecodedOffer = {
  readonly offer: LinkOffer;
  readonly rejected: readonly RejectedOptions[];
  readonly isSupported: boolean;
};

/** The payload of an initiation, padded to `size` bytes. Throws a RangeError for values outside their bounds. */
export function encodeOffer(offer: LinkOffer, size: number): Uint8Array {
  const { lcp, ipcp, ipv6cp } = CONTROL_PROTOCOLS;
  const request = CONTROL_CODES.configureRequest;
  return padPackets(size, [
    controlPacket(lcp, request, [
      ...endOptions(offer),
      ...option(types.LINK_DISCRIMINATOR, offer.linkDiscriminator),
      ...option(types.CLIENT_NAME, offer.clientName),
      ...option(types.LINK_NAME, offer.linkName),
      ...option(types.CIPHER_LIST, offer.ciphers),
      ...option(types.LINE_MTU, offer.lineMtu),
      ...option(types.TUNNEL_MTU, offer.tunnelMtu),
      ...option(types.FRESHNESS_TOKEN, offer.token),
      ...lineOptions(offer.line),
      ...option(types.ALLOWANCE, offer.allowance === "full" ? undefined : offer.allowance),
    ]),
    controlPacket(ipcp, request, addressOptions(types.IP4_ADDRESS, types.IP4_PREFIX_LENGTH, offer.ip4)),
    controlPacket(ipv6cp, request, addressOptions(types.IP6_ADDRESS, types.IP6_PREFIX_LENGTH, offer.ip6)),
  ]);
}

/** The offer in the payload of an initiation; undefined when any of it is malformed. */
export function decodeOffer(payload: Uint8Array): DecodedOffer | undefined {
  const { lcp, ipcp, ipv6cp } = CONTROL_PROTOCOLS;
  const request = CONTROL_CODES.configureRequest;
  const packets = new ControlPackets(payload, [request]);
  const offer = readOffer(
    packets.options(lcp, request),
    readAddress(packets.options(ipcp, request), types.IP4_ADDRESS, types.IP4_PREFIX_LENGTH),
    readAddress(packets.options(ipv6cp, request), types.IP6_ADDRESS, types.IP6_PREFIX_LENGTH),
  );
  if (offer === undefined || packets.isMalformed) return undefined;
  return { offer, rejected: packets.unknown(), isSupported: !packets.hasUnknownCritical };
}

function readOffer(
  options: OptionReader,
  ip4: InnerAddress | undefined,
  ip6: InnerAddress | undefined,
): LinkOffer | undefined {
  const end = readEndOptions(options);
  const linkDiscriminator = options.required(types.LINK_DISCRIMINATOR);
  const linkName = options.required(types.LINK_NAME);
  const ciphers = options.required(types.CIPHER_LIST);
  const clientName = options.optional(types.CLIENT_NAME);
  const lineMtu = options.optional(types.LINE_MTU);
  const tunnelMtu = options.optional(types.TUNNEL_MTU);
  const token = options.optional(types.FRESHNESS_TOKEN);
  const line = readLineOptions(options);
  const allowance = options.optional(types.ALLOWANCE) ?? "full";
  if (end === undefined || linkDiscriminator === undefined || linkName === undefined || ciphers === undefined) {
    return undefined;
  }
  const link = { linkDiscriminator, linkName, ciphers, clientName, lineMtu, tunnelMtu, token, line, allowance };
  return { ...end, ...link, ip4, ip6 };
}
