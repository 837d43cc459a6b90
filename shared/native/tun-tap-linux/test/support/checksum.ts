/** The one's complement sum of RFC 1071 over big-endian words, folded: a second opinion on the addon's. */
export function onesComplementSum(bytes: Uint8Array, start = 0): number {
  let sum = start;
  for (let index = 0; index < bytes.length; index += 2) {
    sum += ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

/** The sum of the pseudo header (RFC 9293 §3.1, RFC 8200 §8.1); the addresses are both, one after the other. */
export function pseudoHeaderSum(addresses: Uint8Array, protocol: number, length: number): number {
  return onesComplementSum(addresses, protocol + length);
}
