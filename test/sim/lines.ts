import { bytes, megabitsPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import type { LineOptions } from "../emulator/line-options.ts";
import type { SimulatedLine } from "./simulated-client.ts";

// Ethernet, version 4: the outer IP and UDP header, the datagram's header and tag, the fragment's header and the
// packet's protocol field.
const LINE_MTU = bytes(1500);
const OVERHEAD = 28 + 24 + 6;

/** The largest packet that a simulated line of 1500 bytes carries whole. */
export const FULL_PACKET = LINE_MTU - OVERHEAD;

/** A line that is the same both ways: its rate in Mbit/s, its one-way delay in milliseconds, its faults. */
export function lineOf(rate: number, delay: number, faults: Partial<LineOptions> = {}): SimulatedLine {
  const oneWay = { rate: megabitsPerSecond(rate), delay: milliseconds(delay), mtu: LINE_MTU, ...faults };
  return { up: oneWay, down: oneWay };
}

/** The bytes of inner packets of a size that lines of a rate together, in Mbit/s, carry in a second. */
export function payloadCapacity(rate: number, packetSize: number): number {
  return (megabitsPerSecond(rate) * packetSize) / (packetSize + OVERHEAD);
}
