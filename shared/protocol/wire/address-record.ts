// Offsets of an address record, which must start at a multiple of 4:
//  0      family: 4, 6, or 0 for none
//  1      zero
//  2..3   port, big endian
//  4..7   IPv6 scope (interface index), host order; 0 for none
//  8..23  remote address; IPv4 in the first four bytes, the rest zero
// 24..39  local address to send from, or that was sent to; all zero: the kernel's choice
// 40..43  local interface index, host order; 0 for any
// 44..47  zero
/** The size of an address record: where a datagram came from or goes to. The native sockets read and write them. */
export const ADDRESS_RECORD_SIZE = 48;

const REMOTE_WORDS = 6;

/** Whether two address records, as 32-bit words of the arena, name the same remote address and port. */
export function isSameRemote(words: Int32Array, a: number, b: number): boolean {
  const first = a >> 2;
  const second = b >> 2;
  for (let word = 0; word < REMOTE_WORDS; word++) {
    if (words[first + word] !== words[second + word]) return false;
  }
  return true;
}

/** Copies a whole address record inside the arena. */
export function copyAddressRecord(words: Int32Array, from: number, to: number): void {
  words.copyWithin(to >> 2, from >> 2, (from + ADDRESS_RECORD_SIZE) >> 2);
}
