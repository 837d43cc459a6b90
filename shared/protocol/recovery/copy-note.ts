import { DATAGRAM_FLAGS } from "../wire/datagram-header.ts";

// An integer: the frame's length from bit 8 on, how often it was sent again in bits 0 to 2, and the datagram's flag.
const LENGTH_SHIFT = 8;
const TRIES_MASK = 0x07;
const MOST_TRIES = 4;

/** What has to be known of a frame of `length` bytes to send it again. */
export function noteFor(length: number, isChecksumPartial: boolean): number {
  return (length << LENGTH_SHIFT) | (isChecksumPartial ? DATAGRAM_FLAGS.checksumPartial : 0);
}

/** The note for the same frame once it was sent again. */
export function nextTry(note: number): number {
  return note + 1;
}

export function frameLengthOf(note: number): number {
  return note >> LENGTH_SHIFT;
}

/** Whether the frame was sent again as often as is sensible. */
export function isLastTry(note: number): boolean {
  return (note & TRIES_MASK) >= MOST_TRIES;
}
