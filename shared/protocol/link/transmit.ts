import { sealRow } from "../seal/seal-row.ts";
import type { Milliseconds } from "../units.ts";
import { DATAGRAM_OVERHEAD } from "../wire/datagram-header.ts";
import type { MemberLink } from "./member-link.ts";

/**
 * Lets a PPP frame, in two pieces of the arena, leave on a link as one datagram with `DATAGRAM_FLAGS`: a row of the
 * outlet's batch with packet number and key, charged to the pacer and noted as what it takes of the line, and counted.
 * Returns the size of the whole outer packet; 0 when the link has no keys or its outlet no room.
 */
export function transmit(
  link: MemberLink,
  headOffset: number,
  headLength: number,
  bodyOffset: number,
  bodyLength: number,
  flags: number,
  now: Milliseconds,
): number {
  const { association, outlet } = link;
  if (association === undefined || outlet === undefined || outlet.batch.isFull) return 0;
  const size = headLength + bodyLength + DATAGRAM_OVERHEAD + link.outerHeaderSize;
  const row = outlet.batch.add(headOffset, headLength, bodyOffset, bodyLength, link.addressOffset);
  const packetNumber = sealRow(outlet.batch, row, association, flags);
  const onLine = link.bytesOnLine(size);
  link.pacer.charge(onLine, now);
  link.sentPackets.record(packetNumber, onLine, now, link.pacer);
  link.sent.count(size);
  return size;
}
