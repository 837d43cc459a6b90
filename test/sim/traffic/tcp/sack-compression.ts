import { type Milliseconds, milliseconds, NEVER } from "../../../../shared/protocol/units.ts";

// Linux, __tcp_ack_snd_check, with the values of tcp_comp_sack_delay_ns and tcp_comp_sack_nr.
const DUPLICATES_AT_ONCE = 3;
const LONGEST_DELAY = 1;
const MOST_HELD_BACK = 44;

/** Holds acknowledgements of what came early back for a millisecond, after the first ones, so that one tells of many. */
export class SackCompression {
  #missing = -1;
  #duplicates = 0;
  #heldBack = 0;
  dueAt = NEVER;

  /** Whether the acknowledgement of something early may wait until `dueAt`; `missing` is what should have come. */
  holdsBack(missing: number, now: Milliseconds): boolean {
    if (this.#heldBack >= MOST_HELD_BACK) return false;
    if (missing !== this.#missing) {
      this.#missing = missing;
      this.#duplicates = 0;
    }
    if (this.#duplicates < DUPLICATES_AT_ONCE) {
      this.#duplicates++;
      return false;
    }
    this.#heldBack++;
    if (this.dueAt === NEVER) this.dueAt = milliseconds(now + LONGEST_DELAY);
    return true;
  }

  /** Notes that an acknowledgement was sent for whatever reason. */
  onAcknowledged(): void {
    this.#heldBack = 0;
    this.dueAt = NEVER;
  }
}
