import type { MemberLink } from "../link/member-link.ts";
import type { Milliseconds } from "../units.ts";
import type { FragmentRun } from "./fragment-run.ts";
import type { PacketSink } from "./packet-sink.ts";
import type { ReassemblyMemory } from "./reassembler.ts";
import type { ReorderingCounters } from "./reordering-counters.ts";
import type { RepairWait } from "./repair-wait.ts";
import type { SequenceNumber } from "./sequence-number.ts";
import type { SkewWait } from "./skew-wait.ts";

/** One class of the receiving side (RFC 2686 §4). */
export interface ReceivingClass {
  /** How many fragments are held. */
  readonly heldCount: number;
  /** When `handleTimeout` has something to do. */
  readonly deadline: Milliseconds;
  /** Since when a missing fragment keeps others waiting; `NEVER` while none does. */
  readonly waitingSince: Milliseconds;
  /** Takes a fragment that came on `link`; `flags` are BEGIN, END, CHECKSUM_PARTIAL and COPY. */
  insert(
    link: MemberLink,
    sequence: SequenceNumber,
    flags: number,
    offset: number,
    length: number,
    now: Milliseconds,
  ): void;
  /**
   * Takes the fragments of a run that came on `link`, as `insert` does one after the other; their bytes have to stay until
   * `keepHeld`, and those of what is delivered until that is written.
   */
  insertRun(link: MemberLink, run: FragmentRun, now: Milliseconds): void;
  /** Copies what of runs still has to wait. */
  keepHeld(): void;
  /** Delivers what had to wait because the sink was full. */
  release(): void;
  /** Gives up what was waited for long enough. */
  handleTimeout(now: Milliseconds): void;
  /** Gives up what has been missing for longest, where it is before `limit`; false when nothing came of it. */
  makeRoom(limit: SequenceNumber | undefined): boolean;
  /** Forgets what a link carried. */
  forget(link: MemberLink): void;
  /** Gives all memory back. */
  reset(): void;
}

/** What all classes of a bundle share. */
export type ReceivingBundle = {
  readonly memory: ReassemblyMemory;
  readonly sink: PacketSink;
  readonly counters: ReorderingCounters;
  readonly links: readonly MemberLink[];
  /** In bytes, without the protocol field. */
  readonly mrru: number;
  /** The longest that a packet waits for one before it. */
  readonly longestWait: Milliseconds;
  readonly skewWait: SkewWait;
  readonly repairWait: RepairWait;
  /** Gives up what any class has been missing for longest, for fragment `sequence` of `wanting`; false if in vain. */
  readonly makeRoom: (wanting: ReceivingClass, sequence: SequenceNumber) => boolean;
};
