import { bytesPerSecond, type Milliseconds } from "../../../shared/protocol/units.ts";
import { traceBytes } from "../../emulator/delivery-trace.ts";
import type { LineOptions } from "../../emulator/line-options.ts";
import { expectedLoss } from "../../emulator/loss-model.ts";
import { FULL_PACKET } from "../lines.ts";
import type { SimulatedLine } from "../simulated-client.ts";
import { rateOf } from "./bonded/ends.ts";
import type { LineChange } from "./line-change.ts";
import { SEGMENT_OVERHEAD } from "./tcp/segment.ts";
import type { ControlName } from "./tcp-flow.ts";

const FULL_SIZE = 1500;
const TUNNEL_OVERHEAD = FULL_SIZE - FULL_PACKET;

// RFC 9438 §5.1 for C = 0.4 and beta = 0.7; Mathis et al. 1997 for Reno with delayed acknowledgements off.
const CUBIC_FACTOR = 1.054;
const RENO_FACTOR = 1.22;

/** The payload of full packets on a line with a tunnel as a share of that without one. */
export const PLAIN_PAYLOAD_FACTOR = (FULL_SIZE - TUNNEL_OVERHEAD - SEGMENT_OVERHEAD) / (FULL_SIZE - SEGMENT_OVERHEAD);

/** Seen from the client. */
export type Direction = "up" | "down";

/** A set of lines over a time, in one direction. */
export type Span = {
  readonly lines: readonly SimulatedLine[];
  readonly changes: readonly LineChange[];
  readonly direction: Direction;
  readonly from: Milliseconds;
  readonly until: Milliseconds;
};

/** The TCP payload that each line could carry, in bytes per second: rate × payload / outer size of a full packet. */
export function payloadCapacities(span: Span): number[] {
  const { lines, direction } = span;
  const mtus = lines.flatMap(({ up, down }) => [up.mtu ?? FULL_SIZE, down.mtu ?? FULL_SIZE]);
  const outer = Math.min(FULL_SIZE, ...mtus);
  const payloadShare = (outer - TUNNEL_OVERHEAD - SEGMENT_OVERHEAD) / outer;
  return lines.map((line, index) => meanRate(line[direction], index, span) * payloadShare);
}

/** The same without what the lines lose in the long run. */
export function usableCapacities(span: Span): number[] {
  const capacities = payloadCapacities(span);
  return span.lines.map((line, index) => (capacities[index] ?? 0) * (1 - lossOf(line[span.direction])));
}

/** What one TCP flow gets on each line alone by the formulae for loss-based congestion control, in bytes per second. */
export function expectedAlone(span: Span, control: ControlName): number[] {
  const usable = usableCapacities(span);
  const payload = FULL_SIZE - TUNNEL_OVERHEAD - SEGMENT_OVERHEAD;
  return span.lines.map((line, index) => {
    const capacity = usable[index] ?? 0;
    const loss = lossOf(line[span.direction]);
    if (control === "bbr" || loss === 0) return capacity;
    const rtt = ((line.up.delay ?? 0) + (line.down.delay ?? 0)) / 1000;
    return Math.min(capacity, (lossyWindow(control, loss, rtt) * payload) / rtt);
  });
}

/** The mean congestion window in segments under random loss, for an RTT in seconds. */
export function lossyWindow(control: "reno" | "cubic", loss: number, rtt: number): number {
  const reno = RENO_FACTOR / Math.sqrt(loss);
  return control === "reno" ? reno : Math.max(reno, CUBIC_FACTOR * (rtt / loss) ** 0.75);
}

function lossOf({ loss }: Partial<LineOptions>): number {
  return loss === undefined ? 0 : expectedLoss(loss);
}

function meanRate(options: Partial<LineOptions>, index: number, { changes, direction, from, until }: Span): number {
  let rate: LineOptions["rate"] = bytesPerSecond(rateOf(options));
  let rateSince = 0;
  let isCut = false;
  let at: number = from;
  let carried = 0;
  for (const change of changes) {
    if (change.line !== index) continue;
    const end = Math.min(until, Math.max(at, change.at));
    if (!isCut) carried += carriedBetween(rate, at - rateSince, end - rateSince);
    at = end;
    if (change.kind !== "options") isCut = change.kind === "cut";
    else if (change[direction]?.rate !== undefined) [rate, rateSince] = [change[direction].rate, change.at];
  }
  if (!isCut) carried += carriedBetween(rate, at - rateSince, until - rateSince);
  return (carried * 1000) / (until - from);
}

function carriedBetween(rate: LineOptions["rate"], from: number, until: number): number {
  return typeof rate === "number" ? (rate * (until - from)) / 1000 : traceBytes(rate, until) - traceBytes(rate, from);
}
