/**
 * Columns of a transmit batch: column c of row r is element `c * capacity + r` of an `Int32Array`. A datagram's text is
 * prefix, head and body, of which the prefix are the low `prefixLength` bytes (0 to 8) of a 64-bit number, big endian.
 * Sealed, it is header words 0 and 1 (big endian, in clear), the text under the key, and the tag. The text is copied to
 * `copyOffset` as it is, unless that is 0.
 *
 * Datagrams that differ by what counts up are a run: the first row says all, with `place` 0, and each that follows only its
 * `place` (1, 2, …) and its `copyOffset`. Of the first row's columns it has header word 1 and nonce by its place
 * higher, the prefix by so many `prefixStep`, and head and body lie so many `headStride` and `bodyStride` further.
 */
export const TRANSMIT_COLUMNS = {
  headOffset: 0,
  headLength: 1,
  bodyOffset: 2,
  bodyLength: 3,
  headerWord0: 4,
  headerWord1: 5,
  nonceHigh: 6,
  nonceLow: 7,
  keySlot: 8,
  addressOffset: 9,
  copyOffset: 10,
  place: 11,
  headStride: 12,
  bodyStride: 13,
  prefixLength: 14,
  prefixHigh: 15,
  prefixLow: 16,
  prefixStep: 17,
} as const;

/** How many columns a transmit batch has. */
export const TRANSMIT_COLUMN_COUNT = 18;

/** Columns of a receive batch: column c of row r is element `c * capacity + r` of an `Int32Array`. */
export const RECEIVE_COLUMNS = {
  offset: 0,
  length: 1,
  addressOffset: 2,
  headerWord0: 3,
  headerWord1: 4,
  nonceHigh: 5,
  nonceLow: 6,
  keySlot: 7,
  isOpened: 8,
} as const;

/** How many columns a receive batch has. */
export const RECEIVE_COLUMN_COUNT = 9;

/** The key slot of a row that is sent as it stands, or that is not to be opened. */
export const NO_KEY = -1;
