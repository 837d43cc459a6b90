import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type BytesPerSecond, bytesPerSecond, milliseconds, seconds } from "../../../shared/protocol/units.ts";
import { type DeliveryTrace, parseTrace } from "../../emulator/delivery-trace.ts";
import { CELLULAR_SHAPES, type CellularShape, cellularTrace } from "../../sim/traffic/cellular-shape.ts";
import type { Direction } from "../relay/messages.ts";
import type { HomeLine } from "../toolkit/home-network.ts";

const DELAY = milliseconds(25);
const QUEUE = { kind: "time", limit: milliseconds(100) } as const;
const DRAWN_LENGTH = seconds(120);

/** A cellular capacity. Each repetition gets another piece of it, the same every time. */
export type CellularCapacity = {
  readonly name: string;
  readonly of: (repetition: number) => Readonly<Record<Direction, DeliveryTrace>>;
};

/** Capacities drawn by chance after recorded ones. */
export const DRAWN_CAPACITIES: readonly CellularCapacity[] = CELLULAR_SHAPES.map((shape) => ({
  name: `drawn "${shape.name}"`,
  of: (repetition) => drawn(shape, 1 + repetition),
}));

/** The recorded capacities of a folder, which has NAME.down and NAME.up of each. Throws when it cannot be read. */
export function recordedCapacities(folder: string): CellularCapacity[] {
  const names = readdirSync(folder).flatMap((file) => /^(.*)\.down$/.exec(file)?.[1] ?? []);
  return names.toSorted().map((name) => ({
    name,
    of: (repetition) => ({
      down: laterBy(read(folder, `${name}.down`), repetition),
      up: laterBy(read(folder, `${name}.up`), repetition),
    }),
  }));
}

/** A line with such a capacity, 25 ms each way and a queue of 100 ms at its mean rate. */
export function cellularLine(name: string, { down, up }: ReturnType<CellularCapacity["of"]>): HomeLine {
  const options = { delay: DELAY, queue: QUEUE };
  return { name, down: { ...options, rate: down }, up: { ...options, rate: up } };
}

/** The mean rate of a capacity between two times in seconds since it began. */
export function rateWithin(
  { opportunities, bytesPerOpportunity }: DeliveryTrace,
  from: number,
  to: number,
): BytesPerSecond {
  const count = opportunities.filter((at) => at >= from * 1000 && at < to * 1000).length;
  return bytesPerSecond((count * bytesPerOpportunity) / (to - from));
}

function drawn(shape: CellularShape, seed: number): ReturnType<CellularCapacity["of"]> {
  return {
    down: cellularTrace(2 * seed, shape.down, shape, DRAWN_LENGTH),
    up: cellularTrace(2 * seed + 1, shape.up, shape, DRAWN_LENGTH),
  };
}

const read = (folder: string, file: string): DeliveryTrace => parseTrace(readFileSync(join(folder, file), "latin1"));

// The recordings are some minutes long: a piece starts a third of the recording after the one before it.
function laterBy(trace: DeliveryTrace, repetition: number): DeliveryTrace {
  const { opportunities } = trace;
  const period = opportunities.at(-1) ?? 0;
  const start = ((repetition % 3) * period) / 3;
  const moved = [
    ...opportunities.filter((at) => at >= start).map((at) => milliseconds(at - start)),
    ...opportunities.filter((at) => at < start).map((at) => milliseconds(at - start + period)),
  ];
  return { ...trace, opportunities: moved };
}
