import { bytes, megabitsPerSecond, milliseconds, UNLIMITED } from "../../../../shared/protocol/units.ts";
import type { LineOptions } from "../../../emulator/line-options.ts";
import type { SimulatedLine } from "../../simulated-client.ts";

const MTU = bytes(1500);

/** A set of lines with a name. */
export type LineSet = { readonly name: string; readonly lines: readonly SimulatedLine[] };

/** A line with a drop-tail queue of 100 ms: rates in Mbit/s down and up, one-way delay in milliseconds. */
export function line(down: number, up: number, delay: number, faults: Partial<LineOptions> = {}): SimulatedLine {
  const directed = (rate: number): Partial<LineOptions> => ({
    rate: megabitsPerSecond(rate),
    delay: milliseconds(delay),
    queue: { kind: "time", limit: milliseconds(100) },
    mtu: MTU,
    ...faults,
  });
  return { down: directed(down), up: directed(up) };
}

/** The sets on which the promise is measured. */
export const LINE_SETS: readonly LineSet[] = [
  { name: "20/20 10 ms ×2", lines: [line(20, 20, 10), line(20, 20, 10)] },
  { name: "50/10 8 ms, 20/5 30 ms", lines: [line(50, 10, 8), line(20, 5, 30)] },
  { name: "100/40 5, 40/10 15, 10/2 40 ms", lines: [line(100, 40, 5), line(40, 10, 15), line(10, 2, 40)] },
];

/** The set with faults on its first line. */
export function withFaults({ name, lines }: LineSet, faults: Partial<LineOptions>): LineSet {
  const changed = lines.map((one, index) =>
    index === 0 ? { ...one, up: { ...one.up, ...faults }, down: { ...one.down, ...faults } } : one,
  );
  return { name, lines: changed };
}

/** The set with rates configured at so many times the truth. */
export function configured({ name, lines }: LineSet, factor: number): LineSet {
  const changed = lines.map((one) => ({
    ...one,
    uploadRate: Number(one.up.rate) * factor,
    downloadRate: Number(one.down.rate) * factor,
  }));
  return { name, lines: changed };
}

/** The least RTT of a set's idle lines, in milliseconds. */
export function idleRtt({ lines }: LineSet): number {
  return Math.min(...lines.map(({ up, down }) => (up.delay ?? 0) + (down.delay ?? 0)));
}

/** The set without configured rates. */
export function unconfigured({ name, lines }: LineSet): LineSet {
  return { name, lines: lines.map((one) => ({ ...one, uploadRate: UNLIMITED, downloadRate: UNLIMITED })) };
}
