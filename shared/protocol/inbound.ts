import { CHECKSUM_PARTIAL, COPY } from "./bundle/fragment.ts";
import { sequenceNumber } from "./bundle/sequence-number.ts";
import { DROP, type DropCounters } from "./drop-reason.ts";
import type { MemberLink } from "./link/member-link.ts";
import type { Outlet } from "./link/outlet.ts";
import type { Arena } from "./packet/arena.ts";
import { CELL_SIZE } from "./packet/cell-pool.ts";
import type { ReceiveBatch } from "./packet/receive-batch.ts";
import { NO_KEY } from "./packet/transmit-batch.ts";
import type { Aead } from "./seal/aead.ts";
import type { AssociationTable } from "./seal/association-table.ts";
import { highWord, inferPacketNumber, lowWord } from "./seal/packet-number.ts";
import type { SecurityAssociation } from "./seal/security-association.ts";
import type { Tunnel } from "./tunnel.ts";
import type { Milliseconds } from "./units.ts";
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

/** What a link index leads to. */
export type Reach = {
  readonly tunnel: Tunnel;
  readonly link: MemberLink;
  /** Undefined while the response of a handshake is awaited. */
  readonly association: SecurityAssociation | undefined;
};

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
  /** Called for each tunnel that got something, perhaps more than once. */
  readonly onTouched: (tunnel: Tunnel) => void;
};

/** The way of a datagram: wire, seal, link, bundle; what comes out whole goes on to the TUN device. */
export class Inbound {
  readonly #options: InboundOptions;
  readonly #bytes: Uint8Array;
  #reaches: (Reach | undefined)[] = [];
  #packetNumbers = new Float64Array(0);
  /** The first word of the data before in this batch, 0 for none, and what its link index led to. */
  #latestWord = 0;
  #latest: Reach | undefined;

  constructor(options: InboundOptions) {
    this.#options = options;
    this.#bytes = options.arena.bytes;
  }

  /** Takes all datagrams of a batch, which came to one socket. */
  handleDatagrams(batch: ReceiveBatch, outlet: Outlet, now: Milliseconds): void {
    if (this.#packetNumbers.length < batch.capacity) this.#packetNumbers = new Float64Array(batch.capacity);
    this.#latestWord = 0;
    for (let row = 0; row < batch.count; row++) this.#identify(batch, row, outlet, now); // wire/
    this.#options.aead.open(batch); // seal/
    let touched: Tunnel | undefined;
    for (let row = 0, end = 0; row < batch.count; row = end) {
      end = row + 1;
      const reach = this.#reaches[row];
      if (reach?.association === undefined) continue;
      if (reach.tunnel !== touched) this.#options.onTouched(reach.tunnel);
      touched = reach.tunnel;
      end = this.#endOfRun(batch, row, reach.association);
      if (!this.#admit(batch, row, end, reach, reach.association, outlet, now)) continue;
      for (let frame = row; frame < end; frame++) this.#handleFrame(batch, frame, reach, now);
    }
  }

  /** Finds out whose datagram it is and under which key and number it has to be opened. */
  #identify(batch: ReceiveBatch, row: number, outlet: Outlet, now: Milliseconds): void {
    const { associations, drops } = this.#options;
    this.#reaches[row] = undefined;
    batch.setKey(row, 0, 0, NO_KEY);
    const length = batch.length(row);
    const word0 = batch.headerWord0(row);
    const type = datagramType(word0);
    if (type !== DATAGRAM_TYPES.data) {
      this.#latestWord = 0;
      if (length < DATAGRAM_HEADER_SIZE) drops.count(DROP.tooShort);
      else this.#handleHandshake(type, batch, row, outlet, now);
      return;
    }
    if (length < DATAGRAM_OVERHEAD) return drops.count(DROP.tooShort);
    const reach = word0 === this.#latestWord ? this.#latest : associations.get(receiverLinkIndex(word0));
    this.#latestWord = word0;
    this.#latest = reach;
    if (reach?.association === undefined) return drops.count(DROP.unknownLink);
    const packetNumber = inferPacketNumber(batch.headerWord1(row), reach.association.window.highest);
    this.#packetNumbers[row] = packetNumber;
    this.#reaches[row] = reach;
    batch.setKey(row, highWord(packetNumber), lowWord(packetNumber), reach.association.keys.openSlot);
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

  /**
   * Where a run that begins with a row ends: datagrams of one link that came together, with packet numbers that follow
   * on each other and are the newest. Others are runs of one.
   */
  #endOfRun(batch: ReceiveBatch, row: number, { window }: SecurityAssociation): number {
    const [reaches, numbers] = [this.#reaches, this.#packetNumbers];
    const first = numbers[row] ?? 0;
    let end = row + 1;
    if (first <= window.highest || !batch.isOpened(row)) return end;
    const reach = reaches[row];
    const address = batch.addressOffset(row);
    while (
      end < batch.count &&
      reaches[end] === reach &&
      numbers[end] === first + (end - row) &&
      batch.isOpened(end) &&
      batch.addressOffset(end) === address
    )
      end++;
    return end;
  }

  /** Lets the authentic and fresh datagrams of a run through, once each, and tells the link of them. */
  #admit(
    batch: ReceiveBatch,
    from: number,
    to: number,
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
    const first = this.#packetNumbers[from] ?? 0;
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
    let bytes = 0;
    let onLine = 0;
    let needsReport = false;
    for (let row = from; row < to; row++) {
      const size = batch.length(row) + link.outerHeaderSize;
      bytes += size;
      onLine += link.bytesOnLine(size);
      needsReport ||= this.#bytes[batch.offset(row) + DATAGRAM_HEADER_SIZE] === PPP_PROTOCOLS.multilink;
    }
    link.reporter.onRun(keys.localIndex, first, to - from, onLine, needsReport, now);
    link.received.count(bytes, to - from);
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
    const protocol = length >= 2 ? readUint16(this.#bytes, offset) : 0;
    if (protocol === PPP_PROTOCOLS.lcp) tunnel.handleControl(link, offset, length, now);
    else if (protocol === QUALITY_PROTOCOL) {
      if (!tunnel.handleReport(link, offset, length, now)) tunnel.drops.count(DROP.badFrame);
    } else tunnel.drops.count(length < 2 ? DROP.badFrame : DROP.unknownProtocol);
  }
}
