import type { Cipher } from "../seal/aead.ts";
import type { Bytes } from "../units.ts";
import type { InnerAddress } from "./codecs.ts";
import {
  CONTROL_CODES,
  CONTROL_PACKET_OVERHEAD,
  CONTROL_PROTOCOLS,
  ControlPackets,
  controlPacket,
  padPackets,
  type RejectedOptions,
  roomBehind,
} from "./control-packet.ts";
import { addressOptions, endOptions, type LinkEnd, readAddress, readEndOptions } from "./link-end.ts";
import { type OptionReader, option } from "./option.ts";
import * as types from "./option-types.ts";
import { decodeRefusal, encodeRefusal, type RefusedLink } from "./refusal.ts";

/** How many routes an answer has room for, and how many DNS servers of each IP version. */
export const ROUTE_LIMIT = 20;
export const DNS_LIMIT = 2;

/** A responder's answer that says yes: what it says of itself, and what the initiator is to use. */
export type AcceptedLink = LinkEnd & {
  readonly kind: "accepted";
  /** The one of the offered ciphers that seals the data of this session, in both directions. */
  readonly cipher: Cipher;
  /** The tunnel addresses of the initiator, with the length of the tunnel network's prefix. */
  readonly ip4: InnerAddress | undefined;
  readonly ip6: InnerAddress | undefined;
  /** The responder's own tunnel addresses. */
  readonly serverIp4: Uint8Array | undefined;
  readonly serverIp6: Uint8Array | undefined;
  /** Addresses of 4 or 16 bytes: first up to 2 of IPv4, then up to 2 of IPv6. */
  readonly dns: readonly Uint8Array[];
  /** Networks behind the responder: first those of IPv4, then those of IPv6; at most 20. */
  readonly routes: readonly InnerAddress[];
  readonly tunnelMtu: Bytes | undefined;
  /** 12 bytes for the initiator's next offer on this link. */
  readonly token: Uint8Array;
};

/** A responder's half of a link's handshake. */
export type LinkAnswer = AcceptedLink | RefusedLink;

/** An answer as it was read, with the options of the offer that the responder did not know. */
export type DecodedAnswer = { readonly answer: LinkAnswer; readonly rejected: readonly RejectedOptions[] };

const { lcp: LCP, ipcp: IPCP, ipv6cp: IPV6CP } = CONTROL_PROTOCOLS;
const {
  configureRequest: REQUEST,
  configureNak: NAK,
  configureReject: REJECT,
  terminateRequest: TERMINATE,
} = CONTROL_CODES;
const IP4_SIZE = 4;

/**
 * The payload of a response, padded to `size` bytes. Options to reject are left out where there is no room for them.
 * Throws a RangeError for values outside their bounds.
 */
export function encodeAnswer(answer: LinkAnswer, rejected: readonly RejectedOptions[], size: number): Uint8Array {
  const packets =
    answer.kind === "accepted" ? acceptance(answer) : [controlPacket(LCP, TERMINATE, [encodeRefusal(answer)])];
  for (const { protocol, options } of rejected) {
    const fitting = fittingOptions(options, roomBehind(size, packets) - CONTROL_PACKET_OVERHEAD);
    packets.push(controlPacket(protocol, REJECT, fitting));
  }
  return padPackets(size, packets);
}

/** The answer in the payload of a response; undefined when any of it is malformed or must not be passed over. */
export function decodeAnswer(payload: Uint8Array): DecodedAnswer | undefined {
  const packets = new ControlPackets(payload, [REQUEST, NAK, REJECT, TERMINATE]);
  const refusal = packets.data(LCP, TERMINATE);
  const answer = refusal === undefined ? readAcceptance(packets) : decodeRefusal(refusal);
  if (answer === undefined || packets.isMalformed || packets.hasUnknownCritical) return undefined;
  const rejected = Object.values(CONTROL_PROTOCOLS)
    .map((protocol) => ({ protocol, options: packets.options(protocol, REJECT).unknown() }))
    .filter(({ options }) => options.length > 0);
  return packets.isMalformed ? undefined : { answer, rejected };
}

// What the responder says of itself is its Configure-Request. What the initiator is to use is a Configure-Nak, which
// means here what it nearly always means in IPCP: "not that, but this" (RFC 1661 §5.3, RFC 1332 §3.3). It is final.
function acceptance(answer: AcceptedLink): Uint8Array[] {
  const isIp4 = (address: Uint8Array): boolean => address.length === IP4_SIZE;
  const [primary, secondary, ...rest] = answer.dns.filter(isIp4);
  const dns6 = answer.dns.filter((address) => !isIp4(address));
  if (rest.length > 0 || dns6.length > DNS_LIMIT)
    throw new RangeError("more DNS servers than an answer has room for");
  if (answer.routes.length > ROUTE_LIMIT) throw new RangeError("more routes than an answer has room for");
  return [
    controlPacket(LCP, REQUEST, [...endOptions(answer), ...option(types.FRESHNESS_TOKEN, answer.token)]),
    controlPacket(LCP, NAK, [
      ...option(types.CIPHER_LIST, [answer.cipher]),
      ...option(types.TUNNEL_MTU, answer.tunnelMtu),
    ]),
    controlPacket(IPCP, REQUEST, option(types.IP4_ADDRESS, answer.serverIp4)),
    controlPacket(IPCP, NAK, [
      ...addressOptions(types.IP4_ADDRESS, types.IP4_PREFIX_LENGTH, answer.ip4),
      ...option(types.PRIMARY_DNS, primary),
      ...option(types.SECONDARY_DNS, secondary),
      ...answer.routes.filter(({ address }) => isIp4(address)).flatMap((route) => option(types.IP4_ROUTE, route)),
    ]),
    controlPacket(IPV6CP, REQUEST, option(types.IP6_ADDRESS, answer.serverIp6)),
    controlPacket(IPV6CP, NAK, [
      ...addressOptions(types.IP6_ADDRESS, types.IP6_PREFIX_LENGTH, answer.ip6),
      ...dns6.flatMap((address) => option(types.IP6_DNS, address)),
      ...answer.routes.filter(({ address }) => !isIp4(address)).flatMap((route) => option(types.IP6_ROUTE, route)),
    ]),
  ];
}

function readAcceptance(packets: ControlPackets): AcceptedLink | undefined {
  const own = packets.options(LCP, REQUEST);
  const end = readEndOptions(own);
  const token = own.required(types.FRESHNESS_TOKEN);
  const link = packets.options(LCP, NAK);
  const ciphers = link.required(types.CIPHER_LIST);
  const tunnelMtu = link.optional(types.TUNNEL_MTU);
  const cipher = ciphers?.[0];
  const inner4 = readIp4(packets.options(IPCP, NAK));
  const inner6 = readIp6(packets.options(IPV6CP, NAK));
  const serverIp4 = packets.options(IPCP, REQUEST).optional(types.IP4_ADDRESS);
  const serverIp6 = packets.options(IPV6CP, REQUEST).optional(types.IP6_ADDRESS);
  if (end === undefined || token === undefined || cipher === undefined || ciphers?.length !== 1) return undefined;
  return {
    ...end,
    kind: "accepted",
    cipher,
    token,
    tunnelMtu,
    serverIp4,
    serverIp6,
    ip4: inner4.assigned,
    ip6: inner6.assigned,
    dns: [...inner4.dns, ...inner6.dns],
    routes: [...inner4.routes, ...inner6.routes],
  };
}

type Inner = {
  readonly assigned: InnerAddress | undefined;
  readonly dns: readonly Uint8Array[];
  readonly routes: readonly InnerAddress[];
};

function readIp4(options: OptionReader): Inner {
  const servers = [options.optional(types.PRIMARY_DNS), options.optional(types.SECONDARY_DNS)];
  return {
    assigned: readAddress(options, types.IP4_ADDRESS, types.IP4_PREFIX_LENGTH),
    dns: servers.filter((address) => address !== undefined),
    routes: options.repeated(types.IP4_ROUTE),
  };
}

function readIp6(options: OptionReader): Inner {
  return {
    assigned: readAddress(options, types.IP6_ADDRESS, types.IP6_PREFIX_LENGTH),
    dns: options.repeated(types.IP6_DNS),
    routes: options.repeated(types.IP6_ROUTE),
  };
}

function fittingOptions(options: readonly Uint8Array[], room: number): Uint8Array[] {
  const fitting: Uint8Array[] = [];
  let left = room;
  for (const bytes of options) {
    if (bytes.length > left) continue;
    fitting.push(bytes);
    left -= bytes.length;
  }
  return fitting;
}
