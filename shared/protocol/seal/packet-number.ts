const WORD = 2 ** 32;
// Above 2^53 a double skips integers. At ten million packets a second a session would reach it after 28 years.
const PACKET_NUMBER_LIMIT = 2 ** 53;

/**
 * The whole packet number whose low 32 bits came in a header (signed or unsigned), given the highest one that was
 * authentic so far, -1 for none: the candidate closest to the one expected next (RFC 9000 §A.3).
 */
export function inferPacketNumber(low32: number, highest: number): number {
  const expected = highest + 1;
  const behind = ((expected | 0) - low32) | 0;
  if (behind > expected) return expected + (WORD - behind);
  return behind > expected - PACKET_NUMBER_LIMIT ? expected - behind : expected - (behind + WORD);
}

/** Bits 32 and up of a packet number, for an int32 column. */
export const highWord = (packetNumber: number): number => (packetNumber / WORD) | 0;

/** The low 32 bits of a packet number as a signed integer, for an int32 column. */
export const lowWord = (packetNumber: number): number => packetNumber | 0;
