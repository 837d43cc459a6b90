/**
 * Columns of a transmit batch: column c of row r is element `c * capacity + r` of an `Int32Array`. A datagram is head
 * then body; sealed, it is header words 0 and 1 (big endian, in clear), head and body under the key, and the tag. Head
 * and body are copied to `copyOffset` as they are, unless that is 0.
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
} as const;

/** How many columns a transmit batch has. */
export const TRANSMIT_COLUMN_COUNT = 11;

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
