import { DropCounters } from "./drop-reason.ts";
import { type HandshakeReceiver, Inbound } from "./inbound.ts";
import type { MemberLink } from "./link/member-link.ts";
import type { Outlet } from "./link/outlet.ts";
import type { Arena } from "./packet/arena.ts";
import { AssemblyBuffer } from "./packet/assembly-buffer.ts";
import { CellPool, NO_CELL } from "./packet/cell-pool.ts";
import type { DeliveryBatch } from "./packet/delivery-batch.ts";
import type { PacketBatch } from "./packet/packet-batch.ts";
import type { ReceiveBatch } from "./packet/receive-batch.ts";
import type { Reach } from "./reach.ts";
import type { Aead } from "./seal/aead.ts";
import { AssociationTable } from "./seal/association-table.ts";
import type { SecurityAssociation } from "./seal/security-association.ts";
import { Timers } from "./timers.ts";
import { Tunnel } from "./tunnel.ts";
import type { TunnelEnvironment } from "./tunnel-environment.ts";
import type { TunnelEvent } from "./tunnel-events.ts";
import type { TunnelOptions } from "./tunnel-options.ts";
import { type Milliseconds, milliseconds } from "./units.ts";
import { ADDRESS_RECORD_SIZE, copyAddressRecord, isSameRemote } from "./wire/address-record.ts";
import type { WorkerPlace } from "./wire/worker-place.ts";

// A record is kept on a cache line of its own.
const RECORD_SIZE = 64;

/** What a host is made of. */
export type TunnelHostOptions = {
  readonly arena: Arena;
  /** How many packets may wait at a time, of all tunnels together; 2 KiB each. */
  readonly cells: number;
  /** How many links there may be at a time. */
  readonly links: number;
  /** Bytes for putting fragmented packets together; at least four of the largest. */
  readonly assemblyBytes: number;
  readonly delivery: DeliveryBatch;
  readonly aead: Aead;
  readonly random: (length: number) => Uint8Array;
  /** Which of several workers behind one port this is; it is alone when left out. */
  readonly place?: WorkerPlace | undefined;
};

/** An event and the tunnel that it happened in. */
export type HostEvent = { readonly tunnel: Tunnel; readonly event: TunnelEvent };

/**
 * All tunnels of a process over one arena. The driver's round is: handle datagrams, packets and timeouts, then
 * `settle`, then write every batch, then `recycle`; and once more while the delivery batch has refused something.
 */
export class TunnelHost {
  readonly arena: Arena;
  /** Drops that belong to no bundle. */
  readonly drops = new DropCounters();
  readonly tunnels = new Set<Tunnel>();
  readonly #options: TunnelHostOptions;
  readonly #associations: AssociationTable<Reach>;
  readonly #environment: Omit<TunnelEnvironment, "sessions">;
  readonly #timers = new Timers<Tunnel>();
  readonly #touched = new Set<Tunnel>();
  /** Tunnels that had packets or data, which as a rule change no more than when they want to be called next. */
  readonly #fed = new Set<Tunnel>();
  /** Slots of keys that are no longer used, but may be named by batches that were not written yet. */
  readonly #spentKeys: number[] = [];
  /** The tunnel that had a packet last since `settle`: packets come in runs. */
  #latest: Tunnel | undefined;
  #events: HostEvent[] = [];
  #inbound: Inbound | undefined;

  constructor(options: TunnelHostOptions) {
    const { arena, delivery, random, place } = options;
    this.arena = arena;
    this.#options = options;
    this.#associations = new AssociationTable(random, place);
    this.#environment = {
      arena,
      delivery,
      cells: new CellPool(arena, options.cells),
      records: new CellPool(arena, options.links, RECORD_SIZE),
      assembly: new AssemblyBuffer(arena, options.assemblyBytes),
    };
  }

  /** Says who takes the handshake messages; before this, no datagram is taken. */
  setHandshakeReceiver(handshakes: HandshakeReceiver): void {
    const { arena, aead } = this.#options;
    const onTouched = (tunnel: Tunnel): void => this.touch(tunnel);
    const onData = (tunnel: Tunnel): void => void this.#fed.add(tunnel);
    const associations = this.#associations;
    this.#inbound = new Inbound({ arena, aead, associations, handshakes, drops: this.drops, onTouched, onData });
  }

  addTunnel(options: TunnelOptions): Tunnel {
    const { random } = this.#options;
    const aead: Aead = {
      addKey: (cipher, key) => this.#options.aead.addKey(cipher, key),
      removeKey: (slot) => void this.#spentKeys.push(slot),
      open: (batch) => this.#options.aead.open(batch),
    };
    const bind = (link: MemberLink, association: SecurityAssociation): void =>
      this.#associations.replace(association.keys.localIndex, { tunnel, link, association });
    const unbind = (linkIndex: number): void => this.#associations.remove(linkIndex);
    const tunnel = new Tunnel({ ...this.#environment, sessions: { aead, random, bind, unbind } }, options);
    this.tunnels.add(tunnel);
    return tunnel;
  }

  /** Forgets a tunnel with its links, keys and waiting packets. */
  removeTunnel(tunnel: Tunnel): void {
    for (const link of [...tunnel.links]) tunnel.removeLink(link);
    tunnel.outbound.clear();
    tunnel.receiving.reset();
    this.tunnels.delete(tunnel);
    this.#timers.remove(tunnel);
    this.#touched.delete(tunnel);
    this.#fed.delete(tunnel);
    this.#latest = undefined;
  }

  /** How many cells no packet waits in. */
  get freeCells(): number {
    return this.#environment.cells.freeCount;
  }

  /** Whether one more link fits. */
  get hasRoomForLink(): boolean {
    return this.#environment.records.freeCount > 0;
  }

  /** Takes a link index under which responses to a link's handshake come. */
  reserveIndex(tunnel: Tunnel, link: MemberLink): number {
    return this.#associations.add({ tunnel, link, association: undefined });
  }

  releaseIndex(linkIndex: number): void {
    this.#associations.remove(linkIndex);
  }

  /** Whose keys are behind a link index. */
  reach(linkIndex: number): Reach | undefined {
    return this.#associations.get(linkIndex);
  }

  /** Whose handshake awaits a response under this index. */
  awaiting(linkIndex: number): Reach | undefined {
    const reach = this.#associations.get(linkIndex);
    return reach?.association === undefined ? reach : undefined;
  }

  /** Takes the datagrams that came to the socket behind `outlet`. */
  handleDatagrams(batch: ReceiveBatch, outlet: Outlet, now: Milliseconds): void {
    this.#inbound?.handleDatagrams(batch, outlet, now);
  }

  /**
   * Takes the kernel's word that a datagram of so many bytes is too long to go through the socket behind `outlet` to the
   * address in a record; whose link that is is looked for among all.
   */
  handleTooBig(outlet: Outlet, addressOffset: number, length: number, now: Milliseconds): void {
    for (const tunnel of this.tunnels) {
      for (const link of tunnel.links) {
        if (link.outlet !== outlet || !isSameRemote(this.arena.words, addressOffset, link.addressOffset)) continue;
        link.pathMtu.onTooBig(length + link.outerHeaderSize, now);
        this.touch(tunnel);
      }
    }
  }

  /** Takes one row of a batch for a tunnel. */
  handlePacket(tunnel: Tunnel, batch: PacketBatch, row: number, now: Milliseconds): void {
    this.handlePackets(tunnel, batch, row, row + 1, now);
  }

  /** Takes rows `from` to `to` - 1 of a batch for a tunnel: a packet, and the segments that continue it. */
  handlePackets(tunnel: Tunnel, batch: PacketBatch, from: number, to: number, now: Milliseconds): void {
    tunnel.handlePackets(batch, from, to, now);
    if (tunnel === this.#latest) return;
    this.#latest = tunnel;
    this.#fed.add(tunnel);
  }

  /** Notes that something of a tunnel has changed, so that `settle` looks at it. */
  touch(tunnel: Tunnel): void {
    this.#touched.add(tunnel);
  }

  /** Lets every tunnel do what is due, and notes when each wants to be called next. */
  settle(now: Milliseconds): void {
    for (let due = this.#timers.takeDue(now); due !== undefined; due = this.#timers.takeDue(now)) this.touch(due);
    for (const tunnel of this.#fed) if (!this.#touched.has(tunnel)) this.#settleCalm(tunnel, now);
    this.#fed.clear();
    for (const tunnel of this.#touched) {
      tunnel.handleTimeout(now);
      this.#keepEvents(tunnel);
      // What has no room in a batch now has it in the next round, and not before.
      this.#timers.set(tunnel, milliseconds(Math.max(now, tunnel.nextTimeout())));
    }
    this.#touched.clear();
    this.#latest = undefined;
  }

  // While none of its packets waits, they have changed no more than when a bundle wants to be called. Of many clients that
  // send a little each, to look at everything would cost more than their packets.
  #settleCalm(tunnel: Tunnel, now: Milliseconds): void {
    const { receiving, outbound } = tunnel;
    const { queue, pinned, recovery } = outbound;
    const isCalm = receiving.heldCount === 0 && queue.isEmpty && pinned.count === 0 && recovery.isEmpty;
    const next = isCalm ? tunnel.nextTimeout() : now;
    if (next > now) this.#timers.schedule(tunnel, next);
    else this.touch(tunnel);
    this.#keepEvents(tunnel);
  }

  #keepEvents(tunnel: Tunnel): void {
    for (const event of tunnel.takeEvents()) this.#events.push({ tunnel, event });
  }

  /** What happened in all tunnels since the last call. */
  takeEvents(): readonly HostEvent[] {
    const events = this.#events;
    if (events.length > 0) this.#events = [];
    return events;
  }

  nextTimeout(): Milliseconds {
    return this.#timers.next();
  }

  /** Delivers what waited for room in the delivery batch, and sends what waited for a socket. */
  resume(): void {
    for (const tunnel of this.tunnels) {
      const isWaiting = tunnel.receiving.heldCount > 0;
      if (isWaiting) tunnel.receiving.release();
      if (isWaiting || !tunnel.outbound.queue.isEmpty) this.touch(tunnel);
    }
  }

  /** Makes memory free again that the written batches have named. */
  recycle(): void {
    const { cells, records, assembly } = this.#environment;
    cells.recycle();
    records.recycle();
    assembly.recycle();
    for (let slot = this.#spentKeys.pop(); slot !== undefined; slot = this.#spentKeys.pop())
      this.#options.aead.removeKey(slot);
  }

  /** Sends a datagram as it is to the address in a record. */
  sendRaw(outlet: Outlet, datagram: Uint8Array, addressOffset: number): void {
    const { cells } = this.#environment;
    if (datagram.length > LARGEST_RAW_DATAGRAM)
      throw new RangeError(`a handshake message of ${datagram.length} bytes`);
    if (outlet.batch.isFull) return;
    const cell = cells.take();
    if (cell === NO_CELL) return;
    cells.release(cell);
    // The record that came with a datagram is overwritten by the next receive; its copy lives as long as the cell.
    const record = cell + Math.ceil(datagram.length / RECORD_SIZE) * RECORD_SIZE;
    copyAddressRecord(this.arena.words, addressOffset, record);
    this.arena.bytes.set(datagram, cell);
    outlet.batch.add(cell, datagram.length, 0, 0, record);
  }
}

/** How large a datagram `sendRaw` takes. */
export const LARGEST_RAW_DATAGRAM = 2048 - RECORD_SIZE - ADDRESS_RECORD_SIZE;
