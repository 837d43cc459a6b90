import type { Fragment } from "./bundle/fragment.ts";
import type { SendingOrder } from "./bundle/sending-order.ts";
import type { MemberLink } from "./link/member-link.ts";
import { SentRun } from "./link/sent-ring.ts";
import { FLAG_CHECKSUM_PARTIAL, type PacketBatch } from "./packet/packet-batch.ts";
import { noteFor } from "./recovery/copy-note.ts";
import type { Recovery } from "./recovery/recovery.ts";
import type { RunLink } from "./scheduler/run-link.ts";
import { sealRow } from "./seal/seal-row.ts";
import type { Milliseconds } from "./units.ts";
import { DATAGRAM_FLAGS, DATAGRAM_OVERHEAD } from "./wire/datagram-header.ts";
import {
  FRAGMENT_HEADER_SIZE,
  FRAME_OVERHEAD,
  NEXT_WHOLE_FRAME,
  wholeFrameHigh,
  wholeFrameLow,
} from "./wire/frame-header.ts";

// Filled and noted in one go; one for all bundles, as it takes 1 KiB.
const RUN = new SentRun();

/** How many segments left, and their bytes: as IP packets, as outer packets, and as they are on the line. */
export class SentSegments {
  count = 0;
  packetBytes = 0;
  bytes = 0;
  lineBytes = 0;
  /** The largest outer packet. */
  largest = 0;

  clear(): void {
    this.count = 0;
    this.packetBytes = 0;
    this.bytes = 0;
    this.lineBytes = 0;
    this.largest = 0;
  }
}

/**
 * Sends the segments of a super-packet, whole and on the link of the first: what was found out for that one holds
 * for them. Those of one size lie at equal distances, so they leave as one run, of which nothing is looked at one by one.
 */
export class SegmentSender {
  readonly #sent = new SentSegments();
  readonly #order: SendingOrder;
  readonly #recovery: Recovery;

  constructor(order: SendingOrder, recovery: Recovery) {
    this.#order = order;
    this.#recovery = recovery;
  }

  /**
   * Sends as many of the rows `from` to `to` - 1 as the link of the run takes now, in the class of `like` and with this
   * protocol field in front; the first row is `like`, and has its room in the run already. What left is good until the next call.
   */
  send(
    run: RunLink,
    { trafficClass, length }: Fragment,
    protocol: number,
    batch: PacketBatch,
    from: number,
    to: number,
    now: Milliseconds,
  ): SentSegments {
    const [sent, { link }] = [this.#sent, run];
    sent.clear();
    if (link === undefined) return sent;
    let granted = length;
    while (from + sent.count < to && link.mayCarry(now)) {
      const row = from + sent.count;
      const most = Math.min(SentRun.LONGEST, this.#order.untilWrap(trafficClass));
      const end = batch.endOfAlike(row, Math.min(to, row + most));
      const count = this.#measure(run, link, batch, row, end, granted, now);
      if (count === 0) break;
      this.#sendAlike(link, trafficClass, protocol, batch, row, now);
      granted = 0;
      if (row + count < end) break;
    }
    return sent;
  }

  /** Sees how many rows of one size may leave, and what they take; the first has room for `granted` bytes. */
  #measure(
    run: RunLink,
    link: MemberLink,
    batch: PacketBatch,
    from: number,
    to: number,
    granted: number,
    now: Milliseconds,
  ): number {
    const sent = this.#sent;
    const frame = FRAME_OVERHEAD + batch.headLength(from) + batch.bodyLength(from);
    if (frame > link.largestFrame) return 0;
    const outer = frame + DATAGRAM_OVERHEAD + link.outerHeaderSize;
    const onLine = link.bytesOnLine(outer);
    const fragment = frame - FRAGMENT_HEADER_SIZE;
    const inRun = Math.max(granted > 0 ? 1 : 0, Math.floor((run.room + granted) / fragment));
    // The last one may be larger than what is left of the line's room.
    const onLink = Math.min(link.outlet?.room ?? 0, Math.ceil(link.room(now) / onLine));
    const count = Math.max(0, Math.min(to - from, inRun, onLink));
    if (count === 0) return 0;
    RUN.count = count;
    RUN.size = onLine;
    RUN.second = noteFor(frame, (batch.flags(from) & FLAG_CHECKSUM_PARTIAL) !== 0);
    run.spend(count * fragment - granted);
    sent.count += count;
    sent.packetBytes += count * (frame - FRAME_OVERHEAD);
    sent.bytes += count * outer;
    sent.lineBytes += count * onLine;
    sent.largest = Math.max(sent.largest, outer);
    link.sent.count(count * outer, count);
    link.pathMtu.onSent(outer);
    return count;
  }

  /** Lets the rows that were measured leave: their numbers are taken, and what watches over them knows of them. */
  #sendAlike(
    link: MemberLink,
    trafficClass: number,
    protocol: number,
    batch: PacketBatch,
    from: number,
    now: Milliseconds,
  ): void {
    const { association, outlet } = link;
    if (association === undefined || outlet === undefined) return;
    const { count } = RUN;
    const isPartial = (batch.flags(from) & FLAG_CHECKSUM_PARTIAL) !== 0;
    const transmit = outlet.batch;
    const row = transmit.addRun(batch, from, count, link.addressOffset);
    const sequence = this.#order.take(trafficClass, link.ordinal, count); // bundle/
    const low = wholeFrameLow(sequence, protocol);
    transmit.prefix(row, FRAME_OVERHEAD, wholeFrameHigh(trafficClass), low, NEXT_WHOLE_FRAME); // wire/
    const flags = isPartial ? DATAGRAM_FLAGS.checksumPartial : 0;
    const packetNumber = sealRow(transmit, row, association, flags, count); // seal/
    this.#recovery.keepRun(transmit, RUN); // recovery/
    link.sentPackets.recordRun(packetNumber, RUN, now, link.pacer); // link/
    link.pacer.charge(count * RUN.size, now);
  }
}
