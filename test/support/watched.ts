import type { SentPackets } from "../../shared/protocol/link/sent-packets.ts";
import type { Milliseconds } from "../../shared/protocol/units.ts";

/** Notes a packet that leaves and is watched. */
export function recordWatched(
  sent: SentPackets,
  packetNumber: number,
  size: number,
  now: Milliseconds,
  first = 0,
  second = 0,
  idleTime = 0,
): void {
  sent.record(packetNumber, size, now, { idleTime });
  sent.watch(first, second);
}
