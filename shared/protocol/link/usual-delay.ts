import { type BytesPerSecond, type Milliseconds, milliseconds } from "../units.ts";

// A receiver reports every 25 ms under load, later where it has little to describe, and after 66 ms at the latest.
const SHORTEST_HOLD = 25;
const LONGEST_HOLD = 66;
const DESCRIBED_BYTES = 9600;
const SLACK = 15;

/**
 * How long after its sending a packet is reported on a line with a round trip of `roundTrip` and a rate of `capacity`, when
 * its queue is as long as wanted. What takes longer stands in a queue that the line does not empty.
 */
export function usualDelay(roundTrip: Milliseconds, capacity: BytesPerSecond, queue: number): Milliseconds {
  const hold = Math.min(LONGEST_HOLD, Math.max(SHORTEST_HOLD, (DESCRIBED_BYTES * 1000) / capacity));
  return milliseconds(roundTrip + queue + hold + SLACK);
}
