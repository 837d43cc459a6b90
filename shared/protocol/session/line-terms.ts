import { type LineOverhead, NO_OVERHEAD } from "../link/line-overhead.ts";
import { type BytesPerSecond, type Milliseconds, NEVER } from "../units.ts";

/** What the client's operator says of a line that holds for both directions, and so is told to the server. */
export type LineTerms = {
  /** The least that the line carries to the client, where its rate is known to vary; undefined where it is not. */
  readonly downloadMinimum: BytesPerSecond | undefined;
  /** What the line adds to each packet. */
  readonly overhead: LineOverhead;
  /** The link's tier, from 1: one of a higher number carries only what those of the lower ones have no room for. */
  readonly priority: number;
  /** Whether the link is used only while no other is up. */
  readonly isFallbackOnly: boolean;
  /** The share of lost packets, 0 to 1, above which the link is spared while another is better; 1 sets no limit. */
  readonly lossTolerance: number;
  /** The round-trip time above which the link is spared while another is better; `NEVER` sets no limit. */
  readonly latencyTolerance: Milliseconds;
};

/** A line of which nothing is said. */
export const PLAIN_LINE: LineTerms = {
  downloadMinimum: undefined,
  overhead: NO_OVERHEAD,
  priority: 1,
  isFallbackOnly: false,
  lossTolerance: 1,
  latencyTolerance: NEVER,
};
