import { Outlet } from "../../../../shared/protocol/link/outlet.ts";
import { Arena } from "../../../../shared/protocol/packet/arena.ts";
import { DeliveryBatch } from "../../../../shared/protocol/packet/delivery-batch.ts";
import { HEADROOM, PacketBatch } from "../../../../shared/protocol/packet/packet-batch.ts";
import { ReceiveBatch } from "../../../../shared/protocol/packet/receive-batch.ts";
import { NO_KEY, TransmitBatch } from "../../../../shared/protocol/packet/transmit-batch.ts";
import type { Tunnel } from "../../../../shared/protocol/tunnel.ts";
import { TunnelHost } from "../../../../shared/protocol/tunnel-host.ts";
import { type Milliseconds, milliseconds } from "../../../../shared/protocol/units.ts";
import { ADDRESS_RECORD_SIZE } from "../../../../shared/protocol/wire/address-record.ts";
import { AEAD_TAG_SIZE, DATAGRAM_HEADER_SIZE } from "../../../../shared/protocol/wire/datagram-header.ts";
import { PPP_PROTOCOLS } from "../../../../shared/protocol/wire/frame-header.ts";
import { HEAD_SIZE } from "../arrivals.ts";
import { ClearAead } from "./clear-aead.ts";
import { FRAME_SIZE, type Frame, type FramePool } from "./frame.ts";

const CELL_SIZE = 2048;
const ASSEMBLY = 4 * 65_536;
const BATCH = 256;
const STRIDE = 2048;
const RECORD = 64;
const LINKS = 32;

// Of packets only the headers are looked at, fragment header included.
const KEPT_OF_PACKETS = 64 + HEAD_SIZE;
const SCRATCH = (2 * BATCH + 1) * STRIDE + LINKS * RECORD;

/** What an end is made of. */
export type FastEndOptions = {
  /** The ports of the peer's addresses, in the order in which `receive` names them. */
  readonly peerPorts: readonly number[];
  readonly sockets: number;
  /** How many packets may wait in it. */
  readonly cells: number;
  readonly random: (length: number) => Uint8Array;
  readonly frames: FramePool;
  /** Takes a frame that a socket sends to a peer's port. */
  readonly transmit: (frame: Frame, socket: number, port: number, now: Milliseconds) => void;
  /** Takes a packet for the TUN device; its bytes are good until the call returns. */
  readonly deliver: (packet: Uint8Array) => void;
};

/**
 * One end of a tunnel as the daemons drive it, for long simulations: it handles what comes at one time as one batch,
 * uses its buffers again, and is called only when it has something to do. Nothing is encrypted, and only the heads of
 * packets are copied; what a line has damaged is dropped as if an AEAD had found it.
 */
export class FastEnd {
  readonly host: TunnelHost;
  readonly outlets: Outlet[] = [];
  readonly #options: FastEndOptions;
  readonly #arena: Arena;
  readonly #aead = new ClearAead(BATCH);
  readonly #delivery = new DeliveryBatch(BATCH);
  readonly #packets = new PacketBatch(1);
  readonly #received = new ReceiveBatch(BATCH);
  readonly #records: number;
  readonly #receiveArea: number;
  readonly #packetArea: number;
  #receivedBy = 0;
  #receivedCount = 0;
  #packetCount = 0;
  #isTouched = false;

  constructor(options: FastEndOptions) {
    this.#options = options;
    this.#arena = new Arena(options.cells * CELL_SIZE + LINKS * RECORD + ASSEMBLY + SCRATCH);
    this.#receiveArea = this.#arena.reserve(SCRATCH);
    this.#packetArea = this.#receiveArea + BATCH * STRIDE;
    this.#records = this.#packetArea + BATCH * STRIDE;
    this.host = new TunnelHost({
      arena: this.#arena,
      cells: options.cells,
      links: LINKS,
      assemblyBytes: ASSEMBLY,
      delivery: this.#delivery,
      aead: this.#aead,
      random: options.random,
    });
    for (let socket = 0; socket < options.sockets; socket++) this.outlets.push(new Outlet(new TransmitBatch(BATCH)));
    for (const [peer, port] of options.peerPorts.entries()) this.#writeRecord(peer, port);
  }

  /** The address record of a peer's place. */
  record(peer: number): number {
    return this.#records + peer * RECORD;
  }

  /** Takes a datagram that came to a socket from a peer's place; `work` handles it. */
  receive(frame: Frame, socket: number, peer: number, now: Milliseconds): void {
    // Packets are delivered from where they were received, so that no place is used twice before that.
    if (this.#receivedCount === BATCH) this.work(now);
    else if (socket !== this.#receivedBy) this.#handleReceived(now);
    this.#receivedBy = socket;
    const { bytes, length, kept } = frame;
    const offset = this.#receiveArea + this.#receivedCount++ * STRIDE;
    this.#arena.bytes.set(bytes.subarray(0, kept), offset);
    const row = this.#received.add(offset, length, this.record(peer), word(bytes, 0), word(bytes, 4));
    this.#aead.noteDamage(row, frame.isDamaged);
    this.#isTouched = true;
  }

  /** Takes an IP packet from the TUN device; `work` sends it. */
  send(tunnel: Tunnel, packet: Uint8Array, now: Milliseconds): void {
    if (this.#packetCount === BATCH) this.work(now);
    const offset = this.#packetArea + this.#packetCount++ * STRIDE + HEADROOM;
    this.#arena.bytes.set(packet.length > HEAD_SIZE ? packet.subarray(0, HEAD_SIZE) : packet, offset);
    this.#packets.clear();
    this.#packets.add(offset, packet.length, 0);
    this.host.handlePacket(tunnel, this.#packets, 0, now);
    this.#isTouched = true;
  }

  /** Asks that `work` is called, after a change from outside. */
  touch(): void {
    this.#isTouched = true;
  }

  /** When `work` has something to do; `now` when it has at once. */
  nextTimeout(now: Milliseconds): Milliseconds {
    return this.#isTouched ? now : milliseconds(Math.max(now, this.host.nextTimeout()));
  }

  /** Handles what came, lets everything happen that is due, and sends and delivers what comes of it. */
  work(now: Milliseconds): void {
    this.#isTouched = false;
    this.#handleReceived(now);
    do {
      this.host.settle(now);
      this.#flush(now);
    } while (this.#resume());
    this.#packetCount = 0;
    this.#receivedCount = 0;
  }

  #writeRecord(peer: number, port: number): void {
    const offset = this.record(peer);
    const { bytes } = this.#arena;
    bytes.fill(0, offset, offset + ADDRESS_RECORD_SIZE);
    bytes[offset] = 4;
    bytes[offset + 2] = port >> 8;
    bytes[offset + 3] = port & 0xff;
    bytes.set([10, 0, 0, 1], offset + 8);
  }

  #handleReceived(now: Milliseconds): void {
    const outlet = this.outlets[this.#receivedBy];
    if (this.#received.count === 0 || outlet === undefined) return;
    this.host.handleDatagrams(this.#received, outlet, now);
    this.#received.clear();
  }

  #resume(): boolean {
    const { hasRefused } = this.#delivery;
    this.#delivery.clear();
    this.host.recycle();
    if (hasRefused) this.host.resume();
    return hasRefused;
  }

  #flush(now: Milliseconds): void {
    for (let socket = 0; socket < this.outlets.length; socket++) this.#transmit(socket, now);
    for (let row = 0; row < this.#delivery.count; row++) {
      const offset = this.#delivery.offset(row);
      this.#options.deliver(this.#arena.bytes.subarray(offset, offset + this.#delivery.length(row)));
    }
  }

  #transmit(socket: number, now: Milliseconds): void {
    const batch = this.outlets[socket]?.batch;
    if (batch === undefined || batch.count === 0) return;
    for (let row = 0; row < batch.count; row++) {
      const frame = this.#options.frames.take();
      this.#copyInto(frame, batch, row);
      this.#options.transmit(frame, socket, this.#portAt(batch.addressOffset(row)), now);
    }
    batch.makeCopies(this.#arena.bytes);
    batch.clear();
  }

  #copyInto(frame: Frame, batch: TransmitBatch, row: number): void {
    const arena = this.#arena.bytes;
    const length = batch.textLength(row);
    const isSealed = batch.keySlot(row) !== NO_KEY;
    const start = isSealed ? DATAGRAM_HEADER_SIZE : 0;
    if (isSealed) {
      writeWord(frame.bytes, 0, batch.headerWord0(row));
      writeWord(frame.bytes, 4, batch.headerWord1(row));
    }
    batch.writeText(row, arena, frame.bytes, start, Math.min(length, KEPT_OF_PACKETS));
    const isPacket = isSealed && frame.bytes[start] === PPP_PROTOCOLS.multilink;
    const kept = Math.min(length, isPacket ? KEPT_OF_PACKETS : FRAME_SIZE);
    if (!isPacket) batch.writeText(row, arena, frame.bytes, start, kept);
    frame.kept = start + kept;
    frame.length = start + length + (isSealed ? AEAD_TAG_SIZE : 0);
    frame.isDamaged = false;
  }

  #portAt(record: number): number {
    const { bytes } = this.#arena;
    return ((bytes[record + 2] ?? 0) << 8) | (bytes[record + 3] ?? 0);
  }
}

function word(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] ?? 0) << 24) | ((bytes[offset + 1] ?? 0) << 16);
  return high | ((bytes[offset + 2] ?? 0) << 8) | (bytes[offset + 3] ?? 0);
}

function writeWord(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}
