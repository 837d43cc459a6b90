import { type SequenceNumber, sequenceNumber } from "./sequence-number.ts";

/**
 * Whole packets, each in one fragment, with consecutive sequence numbers of one class, that came at once on one link and
 * are no copies. The bytes of each, protocol field first, lie in the arena.
 */
export class FragmentRun {
  /** How many there can be. */
  static readonly LONGEST = 256;
  readonly offsets = new Int32Array(FragmentRun.LONGEST);
  readonly lengths = new Int32Array(FragmentRun.LONGEST);
  count = 0;
  /** The largest of the lengths. */
  longest = 0;
  /** The sequence number of the first. */
  sequence: SequenceNumber = sequenceNumber(0);
  trafficClass = 0;
  /** BEGIN, END and perhaps CHECKSUM_PARTIAL, of each of them. */
  flags = 0;
}
