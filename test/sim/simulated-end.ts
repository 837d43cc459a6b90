import { Aead as NativeAead } from "dgram-native";
import { Outlet } from "../../shared/protocol/link/outlet.ts";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { DeliveryBatch } from "../../shared/protocol/packet/delivery-batch.ts";
import { HEADROOM, PacketBatch } from "../../shared/protocol/packet/packet-batch.ts";
import { ReceiveBatch } from "../../shared/protocol/packet/receive-batch.ts";
import { TransmitBatch } from "../../shared/protocol/packet/transmit-batch.ts";
import type { Aead } from "../../shared/protocol/seal/aead.ts";
import type { Tunnel } from "../../shared/protocol/tunnel.ts";
import { TunnelHost } from "../../shared/protocol/tunnel-host.ts";
import type { Milliseconds } from "../../shared/protocol/units.ts";
import { ADDRESS_RECORD_SIZE } from "../../shared/protocol/wire/address-record.ts";

const CELL_SIZE = 2048;
const CELLS = 8192;
const ASSEMBLY = 4 * 65_536;
const LINKS = 256;
const BATCH = 512;
const STRIDE = 2048;
const SCRATCH = 128 * 1024;
const PACKET_OFFSET = (1 + BATCH) * 64;
const RECORDS = LINKS * 64;
const RECEIVED = 2 * 1024 * 1024;

/** A simulated host's address: which one, and its UDP port. */
export type Place = { readonly host: number; readonly port: number };

/** A datagram under way. */
export type Datagram = { readonly bytes: Uint8Array; readonly from: Place; readonly to: Place };

/** Called with every datagram that an end sends; `outlet` is the socket's number. */
export type Transmit = (datagram: Datagram, outlet: number, now: Milliseconds) => void;

/** One end of a simulated tunnel: the core as a daemon drives it, with batches of its own and the real AEAD. */
export class SimulatedEnd {
  readonly host: TunnelHost;
  readonly outlets: Outlet[] = [];
  readonly delivered: Uint8Array[] = [];
  readonly #arena: Arena;
  readonly #keys = new Set<number>();
  readonly #aead = new NativeAead(4096);
  readonly #delivery = new DeliveryBatch(BATCH);
  readonly #packets = new PacketBatch(BATCH);
  readonly #received = new ReceiveBatch(BATCH);
  readonly #scratch: number;
  readonly #receivedAt: number;
  readonly #sealed = new Uint8Array(BATCH * STRIDE);
  readonly #lengths = new Int32Array(BATCH);
  readonly #places: Place[];
  readonly #transmit: Transmit;
  /** Takes every delivered packet in place of `delivered`, which would grow for long runs. */
  onDelivered: ((packet: Uint8Array, now: Milliseconds) => void) | undefined;

  /** Whether the kernel of this end refuses to send a datagram, because its device takes none so long. */
  isTooBig: (datagram: Datagram, outlet: number) => boolean = () => false;

  /** `places` are the addresses of its sockets; `cells` is how many packets may wait in it. */
  constructor(
    places: readonly Place[],
    random: (length: number) => Uint8Array,
    transmit: Transmit,
    cells: number = CELLS,
  ) {
    this.#places = [...places];
    this.#transmit = transmit;
    this.#arena = new Arena(cells * CELL_SIZE + RECORDS + ASSEMBLY + SCRATCH + RECEIVED);
    this.#scratch = this.#arena.reserve(SCRATCH);
    this.#receivedAt = this.#arena.reserve(RECEIVED);
    const aead: Aead = {
      addKey: (cipher, key) => {
        const slot = this.#aead.addKey(cipher, key);
        this.#keys.add(slot);
        return slot;
      },
      removeKey: (slot) => {
        this.#keys.delete(slot);
        this.#aead.removeKey(slot);
      },
      open: (batch) => this.#aead.open(this.#arena.bytes, batch.columns, batch.capacity, 0, batch.count),
    };
    this.host = new TunnelHost({
      arena: this.#arena,
      cells,
      links: LINKS,
      assemblyBytes: ASSEMBLY,
      delivery: this.#delivery,
      aead,
      random,
    });
    for (const _ of places) this.outlets.push(new Outlet(new TransmitBatch(BATCH)));
  }

  /** How many key slots are in use. */
  get keyCount(): number {
    return this.#keys.size;
  }

  /** Writes an address record for a place into the scratch, where it is good until the next call. */
  record(place: Place, slot = 0): number {
    const offset = this.#scratch + slot * 64;
    const { bytes } = this.#arena;
    bytes.fill(0, offset, offset + ADDRESS_RECORD_SIZE);
    bytes[offset] = 4;
    bytes[offset + 2] = place.port >> 8;
    bytes[offset + 3] = place.port & 0xff;
    bytes.set([10, 0, place.host >> 8, place.host & 0xff], offset + 8);
    return offset;
  }

  /** Gives a socket another address, as when a line gets a new one. */
  move(outlet: number, place: Place): void {
    this.#places[outlet] = place;
  }

  /** Takes a datagram from the network. */
  receive(datagram: Datagram, outlet: number, now: Milliseconds): void {
    this.receiveBatch([datagram], outlet, now);
  }

  /** Takes datagrams from the network in one batch: as many as it has rows, and 2 MiB of them, at most. */
  receiveBatch(datagrams: readonly Datagram[], outlet: number, now: Milliseconds): void {
    const target = this.outlets[outlet];
    if (target === undefined) return;
    let offset = this.#receivedAt;
    this.#received.clear();
    for (const [row, { bytes, from }] of datagrams.entries()) {
      this.#arena.bytes.set(bytes, offset);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const word = (at: number): number => (bytes.length >= at + 4 ? view.getInt32(at) : 0);
      this.#received.add(offset, bytes.length, this.record(from, 1 + row), word(0), word(4));
      offset += bytes.length;
    }
    this.host.handleDatagrams(this.#received, target, now);
    this.settle(now);
  }

  /** Takes IP packets from the TUN device for one tunnel. */
  sendPackets(tunnel: Tunnel, packets: readonly Uint8Array[], now: Milliseconds): void {
    for (const packet of packets) {
      const offset = this.#scratch + PACKET_OFFSET + HEADROOM;
      this.#arena.bytes.set(packet, offset);
      this.#packets.clear();
      this.#packets.add(offset, packet.length, 0);
      this.host.handlePacket(tunnel, this.#packets, 0, now);
      this.settle(now);
    }
  }

  /** Lets everything happen that is due, and sends and delivers what comes of it. */
  settle(now: Milliseconds): void {
    let hasMore: boolean;
    do {
      this.host.settle(now);
      const hasRefused = this.#flush(now);
      hasMore = this.#resume() || hasRefused;
    } while (hasMore);
  }

  #resume(): boolean {
    const hasRefused = this.#delivery.hasRefused;
    this.#delivery.clear();
    this.host.recycle();
    if (hasRefused) this.host.resume();
    return hasRefused;
  }

  /** Sends and delivers; true when a datagram was refused. */
  #flush(now: Milliseconds): boolean {
    let hasRefused = false;
    for (const [index, outlet] of this.outlets.entries()) {
      if (this.#send(index, outlet, now)) hasRefused = true;
    }
    for (let row = 0; row < this.#delivery.count; row++) {
      const offset = this.#delivery.offset(row);
      const packet = this.#arena.bytes.slice(offset, offset + this.#delivery.length(row));
      if (this.onDelivered === undefined) this.delivered.push(packet);
      else this.onDelivered(packet, now);
    }
    return hasRefused;
  }

  #send(index: number, outlet: Outlet, now: Milliseconds): boolean {
    let hasRefused = false;
    const { batch } = outlet;
    const arena = this.#arena.bytes;
    this.#aead.seal(arena, batch.columns, batch.capacity, 0, batch.count, this.#sealed, 0, STRIDE, this.#lengths);
    for (let row = 0; row < batch.count; row++) {
      const length = this.#lengths[row] ?? 0;
      const bytes = this.#sealed.slice(row * STRIDE, row * STRIDE + length);
      const from = this.#places[index];
      if (from === undefined) continue;
      const datagram = { bytes, from, to: this.#placeAt(batch.addressOffset(row)) };
      if (!this.isTooBig(datagram, index)) this.#transmit(datagram, index, now);
      else {
        this.host.handleTooBig(outlet, batch.addressOffset(row), length, now);
        hasRefused = true;
      }
    }
    batch.clear();
    return hasRefused;
  }

  #placeAt(offset: number): Place {
    const at = (place: number): number => this.#arena.bytes[offset + place] ?? 0;
    return { host: (at(10) << 8) | at(11), port: (at(2) << 8) | at(3) };
  }
}
