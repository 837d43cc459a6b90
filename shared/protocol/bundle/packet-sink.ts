import type { FragmentRun } from "./fragment-run.ts";

/** Where whole packets go, in order: the protocol field and the packet, in one piece of the arena. */
export interface PacketSink {
  /** Takes a packet; false when there is no room now, and it must be offered again. */
  deliver(offset: number, length: number, isChecksumPartial: boolean): boolean;
  /** Takes the packets of a run at places `from` to `to` - 1, as `deliver`; answers how many, until there was no room. */
  deliverRun(run: FragmentRun, from: number, to: number, isChecksumPartial: boolean): number;
  /** Notes that a packet waits for memory, and must be offered again when what was delivered has been written. */
  onMemoryShort(): void;
}
