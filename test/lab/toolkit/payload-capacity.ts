import { type Bytes, type BytesPerSecond, bytes, bytesPerSecond } from "../../../shared/protocol/units.ts";

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const UDP_HEADER = 8;
// The datagram's clear header, the tag, and a PPP frame with an MP header (RFC 1990 §3, the long form) and the protocol
// of what is inside, both compressed to one byte.
const SEALED_HEADERS = 8 + 16 + 1 + 4 + 1;
const TCP_HEADER_WITH_TIMESTAMPS = 32;

/** One line as far as capacity goes. `mtu` is that of its IP packets, without which it is 1500. */
export type CapacityLine = {
  readonly rate: BytesPerSecond;
  readonly isIpv6?: boolean;
  readonly mtu?: Bytes;
};

/** The bytes that one fragment costs on a line beside what it carries: outer IP and UDP headers, sealing and framing. */
export function tunnelOverhead(isIpv6 = false): Bytes {
  return bytes((isIpv6 ? IPV6_HEADER : IPV4_HEADER) + UDP_HEADER + SEALED_HEADERS);
}

/** The largest tunnel MTU that no line has to fragment. */
export function unfragmentedMtu(lines: readonly CapacityLine[]): Bytes {
  return bytes(Math.min(...lines.map(({ isIpv6, mtu = 1500 }) => mtu - tunnelOverhead(isIpv6))));
}

/**
 * The TCP payload that lines can carry together, in bytes per second: each line's IP rate × the TCP payload in a full
 * packet of the tunnel / the outer IP bytes that carry it there, summed. A full packet that does not fit a line's MTU
 * goes in as many fragments as needed, each with its own overhead. `isInnerIpv6` says what the packet inside is.
 */
export function payloadCapacity(
  lines: readonly CapacityLine[],
  tunnelMtu: Bytes = unfragmentedMtu(lines),
  isInnerIpv6 = false,
): BytesPerSecond {
  const payload = tcpPayload(tunnelMtu, isInnerIpv6);
  const capacities = lines.map(({ rate, isIpv6 = false, mtu = 1500 }) => {
    const overhead = tunnelOverhead(isIpv6);
    const fragments = Math.ceil(tunnelMtu / (mtu - overhead));
    return (rate * payload) / (tunnelMtu + fragments * overhead);
  });
  return bytesPerSecond(capacities.reduce((sum, capacity) => sum + capacity, 0));
}

/** The TCP payload that a line carries without any tunnel, in bytes per second. */
export function plainCapacity({ rate, isIpv6 = false, mtu = bytes(1500) }: CapacityLine): BytesPerSecond {
  return bytesPerSecond((rate * tcpPayload(mtu, isIpv6)) / mtu);
}

const tcpPayload = (packet: Bytes, isIpv6: boolean): number =>
  packet - (isIpv6 ? IPV6_HEADER : IPV4_HEADER) - TCP_HEADER_WITH_TIMESTAMPS;
