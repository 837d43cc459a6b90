import {
  type Address,
  type Aead,
  type BpfInstruction,
  UdpSocket,
  type UdpSocketOptions,
  writeAddressRecord,
} from "dgram-native";
import { Outlet } from "../../protocol/link/outlet.ts";
import type { Arena } from "../../protocol/packet/arena.ts";
import type { ReceiveBatch } from "../../protocol/packet/receive-batch.ts";
import { TransmitBatch } from "../../protocol/packet/transmit-batch.ts";
import { ADDRESS_RECORD_SIZE } from "../../protocol/wire/address-record.ts";

/** How many datagrams may leave through a socket in one round. */
export const TRANSMIT_ROWS = 1024;

// Room for 31 coalesced messages of 64 KiB in one round.
const SCRATCH_SIZE = 2 * 1024 * 1024;

// Enough for a burst at full speed while the thread is busy; measured with the kernel's default of 208 KiB the receive
// buffer overflowed first.
const BUFFER_BYTES = 4 * 1024 * 1024;

/** A part of the arena that a socket receives into, and a record to name a peer by; used again after a close. */
export type SocketMemory = { readonly scratch: number; readonly record: number };

/** How a socket is opened. */
export type LinkSocketOptions = Omit<UdpSocketOptions, "reusePort"> & {
  /** The program that chooses among the sockets of several threads on this port, and the place among them. */
  readonly sharing?: { readonly program: readonly BpfInstruction[]; readonly isFirst: boolean } | undefined;
};

/** Sets memory aside for one socket. */
export function reserveSocketMemory(arena: Arena): SocketMemory {
  return { scratch: arena.reserve(SCRATCH_SIZE), record: arena.reserve(ADDRESS_RECORD_SIZE) };
}

/** A UDP socket with the outlet that the core fills and the memory that it receives into. */
export class LinkSocket {
  readonly outlet = new Outlet(new TransmitBatch(TRANSMIT_ROWS));
  readonly socket: UdpSocket;
  readonly memory: SocketMemory;
  readonly #arena: Arena;
  /** Datagrams that found the kernel's buffer and the backlog full. */
  overflows = 0;

  /** Opens the socket; throws as `UdpSocket.open`. */
  constructor({ sharing, ...options }: LinkSocketOptions, arena: Arena, memory: SocketMemory) {
    // A port that our threads share would be shared with another server, too.
    if (sharing?.isFirst === true) UdpSocket.open(options).close();
    const buffers = { sendBufferBytes: BUFFER_BYTES, receiveBufferBytes: BUFFER_BYTES };
    this.socket = UdpSocket.open({ ...buffers, ...options, reusePort: sharing !== undefined });
    if (sharing !== undefined) this.socket.steer(sharing.program);
    this.memory = memory;
    this.#arena = arena;
  }

  /** The offset of an address record for a peer, good until the next call. */
  record(address: Address): number {
    writeAddressRecord(this.#arena.bytes, this.memory.record, address);
    return this.memory.record;
  }

  /** Receives what waits, as far as it fits into the batch. */
  receive(batch: ReceiveBatch): void {
    const { columns, capacity } = batch;
    batch.count = this.socket.receive(this.#arena.bytes, this.memory.scratch, SCRATCH_SIZE, columns, capacity);
  }

  /**
   * Seals and sends the outlet's batch. What the kernel does not take now stays in the socket's backlog; while there is
   * one the outlet is blocked.
   */
  flush(aead: Aead): void {
    const { batch } = this.outlet;
    const isClear = this.socket.backlog === 0 || this.socket.flush() === 0;
    if (batch.count > 0) {
      const { columns, capacity, count } = batch;
      const taken = isClear ? this.socket.send(aead, this.#arena.bytes, columns, capacity, 0, count) : 0;
      this.overflows += count - taken;
      batch.makeCopies(this.#arena.bytes, taken);
      batch.clear();
    }
    this.outlet.isBlocked = this.socket.backlog > 0;
  }

  /** The length of a datagram that the kernel found too long, its destination in `memory.record`; 0 when there is none left. */
  takeRefused(): number {
    return this.socket.takeRefused(this.#arena.bytes, this.memory.record);
  }

  close(): void {
    this.outlet.batch.makeCopies(this.#arena.bytes);
    this.socket.close();
  }
}
