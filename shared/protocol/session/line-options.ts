import type { LineOverhead } from "../link/line-overhead.ts";
import type { LineUse } from "./line-codecs.ts";
import { type LineTerms, PLAIN_LINE } from "./line-terms.ts";
import { type OptionReader, option } from "./option.ts";
import * as types from "./option-types.ts";

/** The LCP options of a line's terms: those that are not what is meant when nothing is said. */
export function lineOptions(line: LineTerms): Uint8Array[] {
  return [
    ...option(types.DOWNLOAD_MINIMUM, line.downloadMinimum),
    ...option(types.LINE_OVERHEAD, isSameOverhead(line.overhead, PLAIN_LINE.overhead) ? undefined : line.overhead),
    ...option(types.LINE_USE, isSameUse(line, PLAIN_LINE) ? undefined : line),
  ];
}

/** What the LCP options say of a line. */
export function readLineOptions(options: OptionReader): LineTerms {
  const use = options.optional(types.LINE_USE) ?? PLAIN_LINE;
  const { priority, isFallbackOnly, lossTolerance, latencyTolerance } = use;
  return {
    downloadMinimum: options.optional(types.DOWNLOAD_MINIMUM),
    overhead: options.optional(types.LINE_OVERHEAD) ?? PLAIN_LINE.overhead,
    priority,
    isFallbackOnly,
    lossTolerance,
    latencyTolerance,
  };
}

function isSameOverhead(one: LineOverhead, other: LineOverhead): boolean {
  return one.framing === other.framing && one.perPacket === other.perPacket && one.smallest === other.smallest;
}

function isSameUse(one: LineUse, other: LineUse): boolean {
  return (
    one.priority === other.priority &&
    one.isFallbackOnly === other.isFallbackOnly &&
    one.lossTolerance === other.lossTolerance &&
    one.latencyTolerance === other.latencyTolerance
  );
}
