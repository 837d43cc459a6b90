// RFC 791 §3.1.
const V4_HEADER_SIZE = 20;
const V4_TOTAL_LENGTH = 2;
const V4_SOURCE = 12;
const V4_DESTINATION = 16;

// RFC 8200 §3.
const V6_HEADER_SIZE = 40;
const V6_PAYLOAD_LENGTH = 4;
const V6_SOURCE = 8;
const V6_DESTINATION = 24;

/** Offsets of the addresses in an IPv4 header (RFC 791 §3.1) and an IPv6 header (RFC 8200 §3). */
export const SOURCE = { 4: V4_SOURCE, 6: V6_SOURCE } as const;
export const DESTINATION = { 4: V4_DESTINATION, 6: V6_DESTINATION } as const;

/** The version nibble of the packet at `offset`: 4, 6, or whatever stands there. */
export function ipVersion(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] ?? 0) >> 4;
}

/**
 * The length of the IP packet at `offset`, of which `available` bytes are there: header and payload, as its own
 * length field says. 0 when the header is not one of IPv4 or IPv6, or says more than is there.
 */
export function checkIpPacket(bytes: Uint8Array, offset: number, available: number): number {
  const version = ipVersion(bytes, offset);
  if (version === 4 && available >= V4_HEADER_SIZE) return checkIp4(bytes, offset, available);
  if (version === 6 && available >= V6_HEADER_SIZE) {
    const length = V6_HEADER_SIZE + readUint16(bytes, offset + V6_PAYLOAD_LENGTH);
    return length <= available ? length : 0;
  }
  return 0;
}

function checkIp4(bytes: Uint8Array, offset: number, available: number): number {
  const headerLength = ((bytes[offset] ?? 0) & 0x0f) * 4;
  const length = readUint16(bytes, offset + V4_TOTAL_LENGTH);
  return headerLength >= V4_HEADER_SIZE && headerLength <= length && length <= available ? length : 0;
}

function readUint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}
