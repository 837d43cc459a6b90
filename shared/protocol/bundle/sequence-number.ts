/** The sequence number of a fragment: 24 bits, starting at zero and wrapping to it (RFC 1990 §3). */
export type SequenceNumber = number & { readonly unit: "sequence number" };

// RFC 1990 §3: the long header format's sequence number has 24 bits.
const SEQUENCE_BITS = 24;
/** How many sequence numbers there are. */
export const SEQUENCE_MODULUS = 2 ** 24;

const SEQUENCE_MASK = SEQUENCE_MODULUS - 1;
const SIGN_SHIFT = 32 - SEQUENCE_BITS;

/** The low 24 bits of an integer as a sequence number. */
export const sequenceNumber = (value: number): SequenceNumber => (value & SEQUENCE_MASK) as SequenceNumber;

/** The sequence number that follows. */
export const next = (sequence: SequenceNumber): SequenceNumber => sequenceNumber(sequence + 1);

/** The sequence number `count` places further, or back when `count` is negative. */
export const advance = (sequence: SequenceNumber, count: number): SequenceNumber => sequenceNumber(sequence + count);

/**
 * How many places `to` is after `from`, in [-2^23, 2^23) (RFC 1982). Where the two are 2^23 apart, which RFC 1982
 * leaves open, it is -2^23 both ways.
 */
export const distance = (from: SequenceNumber, to: SequenceNumber): number =>
  ((to - from) << SIGN_SHIFT) >> SIGN_SHIFT;

/** Whether `a` comes before `b` (RFC 1982 §3.2); of two that are 2^23 apart neither does. */
export const isBefore = (a: SequenceNumber, b: SequenceNumber): boolean => distance(a, b) > 0;
