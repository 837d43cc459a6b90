import { ipVersion } from "../packet/ip-header.ts";

// RFC 3168 §5 and §23.1: the two low bits of IPv4's TOS octet, and of IPv6's traffic class.
const V4_TOS = 1;
const V4_CHECKSUM = 10;
const ECN_MASK = 0x03;
const CONGESTION_EXPERIENCED = 0x03;

// RFC 8200 §3: the traffic class starts in the middle of the first octet, so that ECN is in the middle of the second.
const V6_ECN_OCTET = 1;
const V6_ECN_SHIFT = 4;

const WORD_MASK = 0xffff;

/**
 * Marks the IP packet whose header is at `offset` with "congestion experienced" (RFC 3168 §5), and keeps an IPv4
 * header's checksum right. False for a packet that is not ECN-capable, which stays as it is; true for one that is
 * marked now or was before. No transport checksum covers the bits, so a partial one stays valid.
 */
export function markCongestion(bytes: Uint8Array, offset: number): boolean {
  switch (ipVersion(bytes, offset)) {
    case 4:
      return markIp4(bytes, offset);
    case 6:
      return markIp6(bytes, offset);
    default:
      return false;
  }
}

function markIp4(bytes: Uint8Array, offset: number): boolean {
  const typeOfService = bytes[offset + V4_TOS] ?? 0;
  const codepoint = typeOfService & ECN_MASK;
  if (codepoint === 0) return false;
  bytes[offset + V4_TOS] = typeOfService | CONGESTION_EXPERIENCED;
  addToSummed(bytes, offset + V4_CHECKSUM, CONGESTION_EXPERIENCED - codepoint);
  return true;
}

function markIp6(bytes: Uint8Array, offset: number): boolean {
  const octet = bytes[offset + V6_ECN_OCTET] ?? 0;
  if (((octet >> V6_ECN_SHIFT) & ECN_MASK) === 0) return false;
  bytes[offset + V6_ECN_OCTET] = octet | (CONGESTION_EXPERIENCED << V6_ECN_SHIFT);
  return true;
}

/** Follows a summed word that grew by `growth`: RFC 1624 §3, equation 3, HC' = ~(~HC + ~m + m'). */
function addToSummed(bytes: Uint8Array, offset: number, growth: number): void {
  if (growth === 0) return;
  const checksum = ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
  // ~m + m' is the growth in one's complement, where adding all ones changes nothing.
  const sum = (~checksum & WORD_MASK) + growth;
  const folded = ~((sum & WORD_MASK) + (sum >> 16)) & WORD_MASK;
  bytes[offset] = folded >> 8;
  bytes[offset + 1] = folded;
}
