import type { Fragment } from "./bundle/fragment.ts";
import type { SendingOrder } from "./bundle/sending-order.ts";
import type { MemberLink } from "./link/member-link.ts";
import { SentRun } from "./link/sent-ring.ts";
import { FLAG_CHECKSUM_PARTIAL, type PacketBatch } from "./packet/packet-batch.ts";
import { noteFor } from "./recovery/copy-note.ts";
import type { Recovery } from "./recovery/recovery.ts";
import type { RunLink } from "./scheduler/run-link.ts";
import { sealRun } from "./seal/seal-row.ts";
import type { Milliseconds } from "./units.ts";
import { DATAGRAM_OVERHEAD } from "./wire/datagram-header.ts";
import { FRAGMENT_HEADER_SIZE, FRAME_OVERHEAD, writeWholeFrameHeader } from "./wire/frame-header.ts";

// Filled and noted in one go; one for all bundles, as it takes 3 KiB.
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
 * for them, so that each only takes its numbers, its header and its place among what is watched.
 */
export class SegmentSender {
  readonly #sent = new SentSegments();
  readonly #view: DataView;
  readonly #order: SendingOrder;
  readonly #recovery: Recovery;

  /** `view` is that of the arena. */
  constructor(view: DataView, order: SendingOrder, recovery: Recovery) {
    this.#view = view;
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
    const { link } = run;
    this.#sent.clear();
    if (from === to || link?.mayCarry(now) !== true) return this.#sent;
    const { association, outlet } = link;
    if (association === undefined || outlet === undefined) return this.#sent;
    const count = this.#count(
      run,
      link,
      batch,
      from,
      Math.min(to, from + outlet.room, from + SentRun.LONGEST),
      length,
      now,
    );
    if (count === 0) return this.#sent;
    const sequence = this.#order.take(trafficClass, link.ordinal, count); // bundle/
    const packetNumber = association.takePacketNumber(count);
    this.#frame(batch, from, count, trafficClass, sequence, protocol); // wire/
    sealRun(outlet.batch, batch, from, count, FRAME_OVERHEAD, link.addressOffset, association.keys, packetNumber); // seal/
    this.#recovery.keepRun(outlet.batch, RUN); // recovery/
    link.sentPackets.recordRun(packetNumber, RUN, now, link.pacer); // link/
    this.#account(link, now);
    return this.#sent;
  }

  /** Sees how many rows may leave, and what they take; the first has room for `granted` bytes. */
  #count(
    run: RunLink,
    link: MemberLink,
    batch: PacketBatch,
    from: number,
    to: number,
    granted: number,
    now: Milliseconds,
  ): number {
    const [sent, { sizes, seconds }] = [this.#sent, RUN];
    const overhead = DATAGRAM_OVERHEAD + link.outerHeaderSize;
    const largest = link.largestFrame;
    const lineRoom = link.room(now);
    let room = run.room + granted;
    let [count, lineBytes, frameBytes, largestSent] = [0, 0, 0, 0];
    let [latest, latestOnLine] = [0, 0];
    for (let row = from; row < to && lineBytes < lineRoom; row++) {
      const frame = FRAME_OVERHEAD + batch.headLength(row) + batch.bodyLength(row);
      room -= frame - FRAGMENT_HEADER_SIZE;
      if (frame > largest || (room < 0 && count > 0)) break;
      // Segments are of one size, but for the last.
      if (frame !== latest) latestOnLine = link.bytesOnLine(frame + overhead);
      latest = frame;
      sizes[count] = latestOnLine;
      seconds[count++] = noteFor(frame, (batch.flags(row) & FLAG_CHECKSUM_PARTIAL) !== 0);
      frameBytes += frame;
      lineBytes += latestOnLine;
      if (frame > largestSent) largestSent = frame;
    }
    RUN.count = count;
    sent.count = count;
    sent.packetBytes = frameBytes - count * FRAME_OVERHEAD;
    sent.bytes = frameBytes + count * overhead;
    sent.lineBytes = lineBytes;
    sent.largest = largestSent + overhead;
    run.spend(frameBytes - count * FRAGMENT_HEADER_SIZE - (count > 0 ? granted : 0));
    return count;
  }

  #frame(
    batch: PacketBatch,
    from: number,
    count: number,
    trafficClass: number,
    sequence: number,
    protocol: number,
  ): void {
    const view = this.#view;
    for (let place = 0; place < count; place++) {
      const frame = batch.headOffset(from + place) - FRAME_OVERHEAD;
      writeWholeFrameHeader(view, frame, trafficClass, sequence + place, protocol);
    }
  }

  #account(link: MemberLink, now: Milliseconds): void {
    const { bytes, lineBytes, count, largest } = this.#sent;
    link.pacer.charge(lineBytes, now);
    link.sent.count(bytes, count);
    link.pathMtu.onSent(largest);
  }
}
