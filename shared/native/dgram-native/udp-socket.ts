import { ADDRESS_RECORD_SIZE, type AddressRecord, readAddressRecord, writeAddressRecord } from "./address-record.ts";
import type { Aead } from "./aead.ts";
import { type BpfInstruction, packProgram } from "./bpf-instruction.ts";
import { type NativeSocket, type NativeStatistics, native } from "./native-binding.ts";

/** The longest datagram that a socket sends and receives unless its options say otherwise, in bytes of UDP payload. */
export const MAX_DATAGRAM = 2048;

const FEATURE_PACKET_INFO = 1;
const FEATURE_OFFLOAD = 2;
const NO_MARK = -1;

// What the native half adds to a count.
const HAS_BACKLOG = 1 << 29;
const HAS_REFUSED = 1 << 30;

/** How a socket is opened. */
export type UdpSocketOptions = {
  readonly family: 4 | 6;
  /** The local address; any unless given. */
  readonly address?: string;
  /** The local port; one of the kernel's choice unless given. */
  readonly port?: number;
  /** The interface that the socket is bound to (SO_BINDTODEVICE). */
  readonly device?: string;
  /** The firewall mark of what it sends (SO_MARK); needs CAP_NET_ADMIN. */
  readonly mark?: number;
  /** Several sockets may bind to the port (SO_REUSEPORT). */
  readonly reusePort?: boolean;
  /** Sizes of the kernel's buffers; beyond the system's limit only with CAP_NET_ADMIN, else cut to it. */
  readonly sendBufferBytes?: number;
  readonly receiveBufferBytes?: number;
  /** Records of received datagrams say to which local address they were sent, so that answers leave from there. */
  readonly packetInfo?: boolean;
  /** Lets the kernel cut and join datagrams (UDP_SEGMENT, UDP_GRO) where it can; true unless given. */
  readonly offload?: boolean;
  /** An IPv6 socket that also speaks IPv4; addresses of IPv4 appear as such. */
  readonly dualStack?: boolean;
  /** The longest datagram in bytes of UDP payload, 576 to 9216; 2048 unless given. Longer ones are not received. */
  readonly maximumDatagram?: number;
};

/** What the kernel does for a socket: cuts runs of datagrams when sending, joins them when receiving. */
export type Offloads = { readonly segmentation: boolean; readonly coalescing: boolean };

/** What a socket did since it was opened. */
export type SocketStatistics = NativeStatistics;

/**
 * A UDP socket for batches. It never blocks; DF is set on all it sends, whatever path MTU the kernel believes in. Failed
 * system calls throw an Error with `code`, `errno` and `operation`; a wrong argument throws TypeError or RangeError
 * and does nothing.
 */
export class UdpSocket {
  /** The local address and port as bound. */
  readonly address: string;
  readonly port: number;
  /** The least `scratchLength` and `capacity` that `receive` takes. */
  readonly minimumScratch: number;
  readonly minimumRows: number;
  readonly #native: NativeSocket;
  /** What the native half said last, so that it is not asked when there is nothing. */
  #hasBacklog = false;
  #hasRefused = false;

  private constructor(socket: NativeSocket) {
    const bound = readBound(socket);
    const { minimumScratch, minimumRows } = socket.properties();
    this.#native = socket;
    this.address = bound?.address ?? "";
    this.port = bound?.port ?? 0;
    this.minimumScratch = minimumScratch;
    this.minimumRows = minimumRows;
  }

  /** Opens and binds. Throws EADDRINUSE, EADDRNOTAVAIL, ENODEV (no such device), EPERM, EACCES, … */
  static open(options: UdpSocketOptions): UdpSocket {
    if (options.family !== 4 && options.family !== 6) throw new RangeError("family must be 4 or 6");
    const features =
      (options.packetInfo === true ? FEATURE_PACKET_INFO : 0) | (options.offload === false ? 0 : FEATURE_OFFLOAD);
    const socket = new native.UdpSocket(
      options.family === 6,
      options.dualStack ?? false,
      bindRecord(options),
      options.device ?? "",
      options.mark ?? NO_MARK,
      options.sendBufferBytes ?? 0,
      options.receiveBufferBytes ?? 0,
      options.maximumDatagram ?? MAX_DATAGRAM,
      options.reusePort ?? false,
      features,
    );
    return new UdpSocket(socket);
  }

  /** The descriptor, for a poller; -1 once closed. */
  get fd(): number {
    return this.#native.fd();
  }

  /** What the kernel does for this socket; segmentation ends for good when a device refuses it (EIO). */
  get offloads(): Offloads {
    const { segmentation, coalescing } = this.#native.properties();
    return { segmentation, coalescing };
  }

  /** The kernel's buffers in bytes as it counts them: twice what was asked for. */
  get bufferBytes(): { readonly send: number; readonly receive: number } {
    const { sendBufferBytes, receiveBufferBytes } = this.#native.properties();
    return { send: sendBufferBytes, receive: receiveBufferBytes };
  }

  /** Datagrams that `send` took and the kernel did not yet: at most 1024. */
  get backlog(): number {
    return this.#hasBacklog ? this.#native.backlog() : 0;
  }

  /**
   * Seals rows [from, to) of a transmit batch and sends them; rows of one destination stay in order. Returns how many
   * it took: sent, kept in the backlog, or dropped and counted; the rest only when the backlog is full. What it took is
   * copied, so the arena is free again. `aead` may be null when every row has `NO_KEY`.
   *
   * Throws RangeError before anything is sent when a row is wrong, and EAGAIN when an earlier backlog still waits:
   * then poll for writable and `flush`.
   */
  send(
    aead: Aead | null,
    arena: Uint8Array,
    columns: Int32Array,
    capacity: number,
    from: number,
    to: number,
  ): number {
    return this.#takeState(this.#native.send(aead, arena, columns, capacity, from, to));
  }

  /** Sends of the backlog what the kernel takes now, and returns what is left. */
  flush(): number {
    return this.#takeState(this.#native.flush());
  }

  /**
   * Receives into `scratchLength` bytes of the arena from `scratchOffset` on, and fills rows from 0 of a receive batch;
   * returns how many, 0 when nothing waits. Datagrams and address records lie in the scratch until the caller uses it
   * again. With coalescing a message takes 66 KB of it and 128 rows are kept free for each (64 when the capacity is
   * less), so a few MB and 1024 rows make full batches. `keySlot` becomes `NO_KEY`; the nonce is left alone.
   */
  receive(
    arena: Uint8Array,
    scratchOffset: number,
    scratchLength: number,
    columns: Int32Array,
    capacity: number,
  ): number {
    return this.#native.receive(arena, scratchOffset, scratchLength, columns, capacity);
  }

  /**
   * Takes one destination to which the kernel did not send since the last call, because datagrams were too long
   * (EMSGSIZE): writes its address record at `offset` of the arena, and returns the length of the shortest of them; 0 when
   * there is none left. At most 32 destinations are remembered.
   */
  takeRefused(arena: Uint8Array, offset: number): number {
    const length = this.#hasRefused ? this.#native.takeRefused(arena, offset) : 0;
    this.#hasRefused = length > 0;
    return length;
  }

  /**
   * Lets a program of classic BPF choose which of the sockets that share the port (`reusePort`) gets a datagram. It sees
   * the payload from offset 0 and returns the socket's number, in the order in which they were opened; for a number that
   * none has, the kernel spreads by address. It holds for all of them. Datagrams of one address that the kernel has joined
   * go together, by the first of them. Throws EINVAL for a program that the kernel does not take, or a port that is not
   * shared.
   */
  steer(program: readonly BpfInstruction[]): void {
    this.#native.steer(packProgram(program));
  }

  /** Counters since the socket was opened; still there once it is closed. */
  statistics(): SocketStatistics {
    return this.#native.statistics();
  }

  /** Closes the descriptor and forgets the backlog; may be called again. Remove it from pollers first. */
  close(): void {
    this.#native.close();
    this.#hasBacklog = false;
    this.#hasRefused = false;
  }

  #takeState(result: number): number {
    this.#hasRefused = result >= HAS_REFUSED;
    const rest = this.#hasRefused ? result - HAS_REFUSED : result;
    this.#hasBacklog = rest >= HAS_BACKLOG;
    return this.#hasBacklog ? rest - HAS_BACKLOG : rest;
  }
}

function bindRecord(options: UdpSocketOptions): Uint8Array {
  const record = new Uint8Array(ADDRESS_RECORD_SIZE);
  const anyAddress = options.family === 6 ? "::" : "0.0.0.0";
  writeAddressRecord(record, 0, { address: options.address ?? anyAddress, port: options.port ?? 0 });
  return record;
}

function readBound(socket: NativeSocket): AddressRecord | undefined {
  const record = new Uint8Array(ADDRESS_RECORD_SIZE);
  socket.bound(record);
  return readAddressRecord(record, 0);
}
