import { frames, LINE_KINDS, type LineOverhead, NO_OVERHEAD } from "../../protocol/link/line-overhead.ts";
import { wholeNumber } from "./plain.ts";

const LARGEST = 256;

const KINDS: ReadonlyMap<string, LineOverhead> = new Map([
  ...Object.entries(LINE_KINDS),
  ["none", NO_OVERHEAD],
  ["pppoe", LINE_KINDS["pppoe-ptm"]],
  // The most that is common on ADSL: what has less is paced by at most one cell per packet too slowly.
  ["atm", LINE_KINDS["pppoe-llcsnap"]],
]);

/** What an overhead must look like, for error texts. */
export const OVERHEAD_EXPECTED =
  "expected none, pppoe, atm, ethernet, bytes per packet from 0 to 256, or a name of tc-cake(8) such as pppoa-vcmux";

/**
 * Reads what a line adds to each packet: `none`, `ethernet`, `pppoe` (over VDSL or fibre), `atm` (ADSL, PPPoE with LLC), a name
 * of `LINE_KINDS`, or a number of bytes from 0 to 256. Undefined for anything else.
 */
export function parseLineOverhead(text: string): LineOverhead | undefined {
  const known = KINDS.get(text.toLowerCase());
  if (known !== undefined) return known;
  const perPacket = wholeNumber(0, LARGEST)(text);
  return perPacket === undefined ? undefined : frames(perPacket);
}
