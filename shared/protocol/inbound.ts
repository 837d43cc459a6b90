import { CHECKSUM_PARTIAL, COPY } from "./bundle/fragment.ts";
import { FragmentRun } from "./bundle/fragment-run.ts";
import { sequenceNumber } from "./bundle/sequence-number.ts";
import { DatagramRuns } from "./datagram-runs.ts";
import { DROP, type DropCounters } from "./drop-reason.ts";
import type { Outlet } from "./link/outlet.ts";
import type { Arena } from "./packet/arena.ts";
import { CELL_SIZE } from "./packet/cell-pool.ts";
import type { ReceiveBatch } from "./packet/receive-batch.ts";
import { NO_KEY } from "./packet/transmit-batch.ts";
import type { Reach } from "./reach.ts";
import type { Aead } from "./seal/aead.ts";
import type { AssociationTable } from "./seal/association-table.ts";
import { highWord, inferPacketNumber, lowWord } from "./seal/packet-number.ts";
import type { SecurityAssociation } from "./seal/security-association.ts";
import type { Tunnel } from "./tunnel.ts";
import type { Milliseconds } from "./units.ts";
import { readWholePackets } from "./whole-packets.ts";
import {
  AEAD_TAG_SIZE,
  DATAGRAM_HEADER_SIZE,
  DATAGRAM_OVERHEAD,
  DATAGRAM_TYPES,
  datagramType,
  isChecksumPartial,
  isCopy,
  isPinned,
  receiverLinkIndex,
} from "./wire/datagram-header.ts";
import {
  BEGIN,
  FRAGMENT_HEADER_SIZE,
  hasReservedBits,
  PPP_PROTOCOLS,
  readFragmentClass,
  readFragmentFlags,
  readSequence,
} from "./wire/frame-header.ts";
import { readUint16 } from "./wire/lcp.ts";
import { QUALITY_PROTOCOL } from "./wire/quality-report.ts";

const NEAR = 2 ** 30;

/** Where a datagram came from: its source's address record, and the socket that it came to. */
export type Origin = { readonly addressOffset: number; readonly outlet: Outlet };

/** Takes the handshake messages, which are rare and are not the data path's business. */
export interface HandshakeReceiver {
  /** A message of type initiation or response; `datagram` and `origin` are only valid during the call. */
  handleHandshake(type: number, datagram: Uint8Array, origin: Origin, now: Milliseconds): void;
}

/** What the receiving side of a process works with. */
export type InboundOptions = {
  readonly arena: Arena;
  readonly aead: Aead;
  readonly associations: AssociationTable<Reach>;
  readonly handshakes: HandshakeReceiver;
  /** Drops that belong to no bundle. */
  readonly drops: DropCounters;
  /** Called for each tunnel that got data, perhaps more than once. */
  readonly onData: (tunnel: Tunnel) => void;
  /** Called for each tunnel that got anything else. */
  readonly onTouched: (tunnel: Tunnel) => void;
};

/** The way of a datagram: wire, seal, link, bundle; what comes out whole goes on to the TUN device. */
export class Inbound {
  readonly #options: InboundOptions;
  readonly #bytes: Uint8Array;
  readonly #runs = new DatagramRuns();
  readonly #packets = new FragmentRun();
  /** The first word of the data before in this batch, 0 for none, and what its link index led to. */
  #latestWord = 0;
  #latest: Reach | undefined;

  constructor(options: InboundOptions) {
    this.#options = options;
    this.#bytes = options.arena.bytes;
  }

  /** Takes all datagrams of a batch, which came to one socket; what is delivered stays where it was received. */
  handleDatagrams(batch: ReceiveBatch, outlet: Outlet, now: Milliseconds): void {
    const runs = this.#runs;
    runs.clear(batch.capacity);
    this.#latestWord = 0;
    for (let row = 0; row < batch.count; ) row = this.#identify(batch, row, outlet, now); // wire/
    this.#options.aead.open(batch); // seal/
    let touched: Tunnel | undefined;
    for (let run = 0; run < runs.count; run++) {
      const reach = runs.reach(run);
      if (reach?.association === undefined) continue;
      if (reach.tunnel !== touched) {
        touched?.receiving.keepHeld();
        this.#options.onData(reach.tunnel);
      }
      touched = reach.tunnel;
      this.#handleRun(batch, run, reach, reach.association, outlet, now);
    }
    touched?.receiving.keepHeld();
  }

  /**
   * Finds out whose datagram a row is, and under which key and number it has to be opened, and those behind it that
   * continue it. Answers the first row that does not.
   */
  #identify(batch: ReceiveBatch, row: number, outlet: Outlet, now: Milliseconds): number {
    const { associations, drops } = this.#options;
    const length = batch.length(row);
    const word0 = batch.headerWord0(row);
    const type = datagramType(word0);
    batch.setKey(row, 0, 0, NO_KEY);
    if (type !== DATAGRAM_TYPES.data) {
      this.#latestWord = 0;
      if (length < DATAGRAM_HEADER_SIZE) drops.count(DROP.tooShort);
      else this.#handleHandshake(type, batch, row, outlet, now);
      return row + 1;
    }
    if (length < DATAGRAM_OVERHEAD) {
      drops.count(DROP.tooShort);
      return row + 1;
    }
    const reach = word0 === this.#latestWord ? this.#latest : associations.get(receiverLinkIndex(word0));
    this.#latestWord = word0;
    this.#latest = reach;
    if (reach?.association === undefined) {
      drops.count(DROP.unknownLink);
      return row + 1;
    }
    return this.#number(batch, row, reach, reach.association);
  }

  #number(batch: ReceiveBatch, row: number, reach: Reach, { window, keys }: SecurityAssociation): number {
    const number = inferPacketNumber(batch.headerWord1(row), window.highest);
    const high = highWord(number);
    let end = row + 1;
    // Far from the highest number the word that follows may stand for another number than the next.
    if (Math.abs(number - window.highest) < NEAR)
      end = batch.setKeyOfRun(row, high, keys.openSlot, DATAGRAM_OVERHEAD);
    else batch.setKey(row, high, lowWord(number), keys.openSlot);
    this.#runs.add(row, end, number, reach);
    return end;
  }

  #handleHandshake(type: number, batch: ReceiveBatch, row: number, outlet: Outlet, now: Milliseconds): void {
    if (type !== DATAGRAM_TYPES.initiation && type !== DATAGRAM_TYPES.response) {
      this.#options.drops.count(DROP.unknownType);
      return;
    }
    const offset = batch.offset(row);
    const datagram = this.#bytes.subarray(offset, offset + batch.length(row));
    this.#options.handshakes.handleHandshake(
      type,
      datagram,
      { addressOffset: batch.addressOffset(row), outlet },
      now,
    );
  }

  #handleRun(
    batch: ReceiveBatch,
    run: number,
    reach: Reach,
    association: SecurityAssociation,
    outlet: Outlet,
    now: Milliseconds,
  ): void {
    const end = this.#runs.end(run);
    let number = this.#runs.number(run);
    for (let from = this.#runs.start(run), to = from; from < end; from = to) {
      to = endOfNewest(batch, from, end, number, association);
      if (this.#admit(batch, from, to, number, reach, association, outlet, now))
        this.#handleFrames(batch, from, to, reach, now);
      number += to - from;
    }
  }

  /** Lets the authentic and fresh datagrams of a run through, once each, and tells the link of them. */
  #admit(
    batch: ReceiveBatch,
    from: number,
    to: number,
    first: number,
    reach: Reach,
    association: SecurityAssociation,
    outlet: Outlet,
    now: Milliseconds,
  ): boolean {
    const { tunnel, link } = reach;
    if (!batch.isOpened(from)) {
      tunnel.drops.count(DROP.notAuthentic);
      return false;
    }
    const count = to - from;
    const isNewest = first > association.window.highest;
    if (isNewest) association.window.acceptRun(first, count);
    else if (!association.window.accept(first)) {
      tunnel.drops.count(DROP.replayed);
      return false;
    }
    this.#countRun(batch, from, to, reach, association, first, now); // link/
    tunnel.handleAuthentic(link, association, first, count, now);
    // A late packet under older keys tells where the peer was, not where it is.
    if (isNewest && association === link.association)
      tunnel.handleAddress(link, batch.addressOffset(from), outlet, now);
    return true;
  }

  #countRun(
    batch: ReceiveBatch,
    from: number,
    to: number,
    { link }: Reach,
    { keys }: SecurityAssociation,
    first: number,
    now: Milliseconds,
  ): void {
    const { outerHeaderSize } = link;
    let [bytes, onLine, latest, latestOnLine] = [0, 0, 0, 0];
    let needsReport = false;
    for (let row = from; row < to; row++) {
      const size = batch.length(row) + outerHeaderSize;
      if (size !== latest) latestOnLine = link.bytesOnLine(size);
      latest = size;
      bytes += size;
      onLine += latestOnLine;
      needsReport ||= this.#bytes[batch.offset(row) + DATAGRAM_HEADER_SIZE] === PPP_PROTOCOLS.multilink;
    }
    link.reporter.onRun(keys.localIndex, first, to - from, onLine, needsReport, now);
    link.received.count(bytes, to - from);
  }

  /** Hands the PPP frames of datagrams that came together on, whole packets in runs. */
  #handleFrames(batch: ReceiveBatch, from: number, to: number, reach: Reach, now: Milliseconds): void {
    const packets = this.#packets;
    const word0 = batch.headerWord0(from);
    const mayBeRun = to - from > 1 && !isCopy(word0) && !isPinned(word0);
    for (let row = from; row < to; ) {
      packets.count = 0;
      if (mayBeRun) readWholePackets(this.#options.arena.view, batch, row, to, reach.tunnel.classes, packets);
      if (packets.count > 0) {
        reach.tunnel.receiving.insertRun(reach.link, packets, now); // bundle/
        row += packets.count;
      } else this.#handleFrame(batch, row++, reach, now);
    }
  }

  /** Hands a PPP frame to the bundle or to the link's LCP. */
  #handleFrame(batch: ReceiveBatch, row: number, reach: Reach, now: Milliseconds): void {
    const { tunnel, link } = reach;
    const bytes = this.#bytes;
    const offset = batch.offset(row) + DATAGRAM_HEADER_SIZE;
    const length = batch.length(row) - DATAGRAM_HEADER_SIZE - AEAD_TAG_SIZE;
    if (bytes[offset] !== PPP_PROTOCOLS.multilink || length < 1) {
      this.#handleLinkFrame(reach, offset, length, now);
      return;
    }
    const isFragment = length >= FRAGMENT_HEADER_SIZE && length <= CELL_SIZE && !hasReservedBits(bytes, offset);
    if (!isFragment) return tunnel.drops.count(DROP.badFrame);
    const trafficClass = readFragmentClass(bytes, offset);
    if (trafficClass >= tunnel.classes) return tunnel.drops.count(DROP.badFrame);
    const word0 = batch.headerWord0(row);
    const flags = (isChecksumPartial(word0) ? CHECKSUM_PARTIAL : 0) | (isCopy(word0) ? COPY : 0);
    const fragmentFlags = readFragmentFlags(bytes, offset) | flags;
    const payload = offset + FRAGMENT_HEADER_SIZE;
    const payloadLength = length - FRAGMENT_HEADER_SIZE;
    if (isPinned(word0) && (fragmentFlags & BEGIN) !== 0)
      tunnel.outbound.pinned.follow(link, payload, payloadLength, now); // pinning/
    const sequence = sequenceNumber(readSequence(bytes, offset));
    tunnel.receiving.insert(link, trafficClass, sequence, fragmentFlags, payload, payloadLength, now); // bundle/
  }

  /** Hands a frame of a protocol that is the link's own business to it. */
  #handleLinkFrame({ tunnel, link }: Reach, offset: number, length: number, now: Milliseconds): void {
    this.#options.onTouched(tunnel);
    const protocol = length >= 2 ? readUint16(this.#bytes, offset) : 0;
    if (protocol === PPP_PROTOCOLS.lcp) tunnel.handleControl(link, offset, length, now);
    else if (protocol === QUALITY_PROTOCOL) {
      if (!tunnel.handleReport(link, offset, length, now)) tunnel.drops.count(DROP.badFrame);
    } else tunnel.drops.count(length < 2 ? DROP.badFrame : DROP.unknownProtocol);
  }
}

/**
 * Where datagrams end, from a row of a run on, that are opened and newer than all before them; behind the row itself
 * when that is none of them.
 */
function endOfNewest(
  batch: ReceiveBatch,
  from: number,
  end: number,
  number: number,
  { window }: SecurityAssociation,
): number {
  let to = from + 1;
  if (number > window.highest && batch.isOpened(from)) while (to < end && batch.isOpened(to)) to++;
  return to;
}
