import { DropCounters } from "../../shared/protocol/drop-reason.ts";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { Outbound } from "../../shared/protocol/outbound.ts";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { CellPool } from "../../shared/protocol/packet/cell-pool.ts";
import { HEADROOM, PacketBatch } from "../../shared/protocol/packet/packet-batch.ts";
import type { TransmitBatch } from "../../shared/protocol/packet/transmit-batch.ts";
import type { Scheduler } from "../../shared/protocol/scheduler/scheduler.ts";
import { WeightedScheduler } from "../../shared/protocol/scheduler/weighted.ts";
import { type Milliseconds, seconds } from "../../shared/protocol/units.ts";
import { isCopy } from "../../shared/protocol/wire/datagram-header.ts";
import { readFragmentClass, readFragmentFlags, readSequence } from "../../shared/protocol/wire/frame-header.ts";
import { ip4Packet, serialOf } from "./ip-packets.ts";

/** Where the first packet lies that is sent. */
export const PACKET = 900_000;

const ARENA = 2 * 1024 * 1024;
// Packets lie in the rest of the arena, one behind the other and then from its start again.
const LAST_PACKET = ARENA - 8192;

/** What a test may want of a sending end, beside its links. */
export type SendingEndOptions = {
  readonly classes?: number;
  readonly cells?: number;
  readonly scheduler?: Scheduler;
};

/** A UDP packet to send; numbered through from 1. */
export type TestPacket = {
  readonly size: number;
  readonly sourcePort?: number;
  readonly typeOfService?: number;
  readonly at?: Milliseconds;
};

/** The sending side of a bundle of these links, with what reads the frames that left. */
export function makeSendingEnd(links: readonly MemberLink[], options: SendingEndOptions = {}) {
  const { classes = 8, cells: cellCount = 256, scheduler = new WeightedScheduler() } = options;
  const arena = new Arena(ARENA);
  const cells = new CellPool(arena, cellCount);
  const drops = new DropCounters();
  const outbound = new Outbound({ arena, cells, links, scheduler, drops }, { mrru: 4000, classes });
  outbound.onLinksChanged();
  const batch = new PacketBatch(1);
  let place = PACKET;
  let serial = 0;
  const sendPacket = ({ size, sourcePort = 1000, typeOfService = 0, at = seconds(10) }: TestPacket): void => {
    const source = [10, 0, 0, 2];
    serial++;
    arena.bytes.set(ip4Packet({ source, destination: [9, 9, 9, 9], sourcePort, size, serial }), place);
    arena.bytes[place + 1] = typeOfService;
    batch.clear();
    batch.add(place, size, 0);
    outbound.handlePackets(batch, 0, 1, at);
    // What was sent lies where it was read until the batch is written.
    place = place > LAST_PACKET ? PACKET : place + HEADROOM + size;
  };
  const send = (size: number, sourcePort = 1000): void => sendPacket({ size, sourcePort });
  /** Ends a round: every batch is written, and what left can still be looked at. */
  const write = (): void => {
    for (const { outlet } of links) outlet?.batch.makeCopies(arena.bytes);
    cells.recycle();
  };
  const frames = () => links.flatMap((link) => framesOf(arena, link));
  return { arena, cells, drops, outbound, batch, send, sendPacket, write, frames };
}

function framesOf(arena: Arena, link: MemberLink) {
  const rows = link.outlet?.batch;
  if (rows === undefined) return [];
  return Array.from({ length: rows.count }, (_, row) => frameAt(arena, rows, row, link));
}

/** A frame that left on a link; port and serial number are those of a whole packet. */
function frameAt(arena: Arena, rows: TransmitBatch, row: number, link: MemberLink) {
  const length = rows.textLength(row);
  const bytes = new Uint8Array(length - rows.bodyLength(row));
  rows.writeText(row, arena.bytes, bytes, 0, bytes.length);
  return {
    link,
    flags: readFragmentFlags(bytes, 0),
    sequence: readSequence(bytes, 0),
    trafficClass: readFragmentClass(bytes, 0),
    length,
    bytes,
    port: ((bytes[26] ?? 0) << 8) | (bytes[27] ?? 0),
    serial: bytes.length < 38 ? undefined : serialOf(bytes.subarray(6)),
    isCopy: isCopy(rows.headerWord0(row)),
  };
}
