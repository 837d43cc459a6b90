import { Aead, monotonicMilliseconds, Poller, READY } from "dgram-native";
import type { TunDevice } from "tun-tap-linux";
import { Arena } from "../../protocol/packet/arena.ts";
import { DeliveryBatch } from "../../protocol/packet/delivery-batch.ts";
import { PacketBatch } from "../../protocol/packet/packet-batch.ts";
import { ReceiveBatch } from "../../protocol/packet/receive-batch.ts";
import type { Tunnel } from "../../protocol/tunnel.ts";
import { TunnelHost } from "../../protocol/tunnel-host.ts";
import { type Milliseconds, milliseconds } from "../../protocol/units.ts";
import type { WorkerPlace } from "../../protocol/wire/worker-place.ts";
import type { FrameTap } from "./frame-tap.ts";
import { LinkSocket, type LinkSocketOptions, reserveSocketMemory, type SocketMemory } from "./link-socket.ts";
import { openFailure } from "./open-failure.ts";
import { openTunQueue, type TunRequest } from "./tun-queue.ts";

const PACKET_ROWS = 512;
// With 2048 a round took up to 10 ms of a full socket, in which nothing else moved; fewer calls brought no more speed.
const RECEIVE_ROWS = 512;
const DELIVERY_ROWS = 4096;
const TUN_SCRATCH = 1024 * 1024;
const ASSEMBLY_BYTES = 1024 * 1024;
const READY_LIMIT = 64;

// Up to so many packets are a call, a game or keys that are pressed, not a transfer.
const FEW_ROWS = 8;

/** How large a data plane is made. The arena takes real memory only where it was used. */
export type DataPlaneOptions = {
  readonly arenaBytes: number;
  /** How many packets may wait, of all bundles together. */
  readonly cells: number;
  readonly links: number;
  /** How many keys the AEAD holds. */
  readonly keys: number;
  readonly random: (length: number) => Uint8Array;
  /** Which of several data planes behind one port this is; it is alone when left out. */
  readonly place?: WorkerPlace;
};

/** What the owner of a data plane does in its rounds. */
export type DataPlaneHooks = {
  /** To which tunnel the packet of the TUN device goes whose head is at `offset`; undefined to drop it. */
  readonly route: (bytes: Uint8Array, offset: number) => Tunnel | undefined;
  /** Called at the start of each round for which another thread has woken this one. */
  readonly onWoken: (now: Milliseconds) => void;
  /** Called at the end of each round, when everything is written, for what has happened in it. */
  readonly onWritten: (now: Milliseconds) => void;
};

/**
 * Moves packets between a TUN device and UDP sockets through the core, in rounds on a thread of its own: wait, take
 * what is there in batches, let the core work, write every batch. It is the only code of its thread that waits, and it
 * reads the clock once a round, and to know how long to wait.
 */
export class DataPlane {
  readonly arena: Arena;
  readonly host: TunnelHost;
  readonly poller = new Poller();
  readonly sockets = new Set<LinkSocket>();
  /** Where copies of all frames go while somebody captures. */
  tap: FrameTap | undefined;
  readonly #aead: Aead;
  readonly #packets = new PacketBatch(PACKET_ROWS);
  readonly #received = new ReceiveBatch(RECEIVE_ROWS);
  readonly #delivery = new DeliveryBatch(DELIVERY_ROWS);
  readonly #tunScratch: number;
  readonly #spareMemory: SocketMemory[] = [];
  readonly #readyFds = new Int32Array(READY_LIMIT);
  readonly #readyMasks = new Int32Array(READY_LIMIT);
  readonly #byFd = new Map<number, LinkSocket>();
  #tun: TunDevice | undefined;
  #isTunPolled = true;
  #isStopped = false;
  #readFailures = 0;
  #writeFailures = 0;
  #overflows = 0;

  constructor(options: DataPlaneOptions) {
    const { cells, links, random, place } = options;
    this.arena = new Arena(options.arenaBytes);
    const aead = new Aead(options.keys);
    this.#aead = aead;
    const { bytes } = this.arena;
    this.host = new TunnelHost({
      arena: this.arena,
      cells,
      links,
      assemblyBytes: ASSEMBLY_BYTES,
      delivery: this.#delivery,
      random,
      place,
      aead: {
        addKey: (cipher, key) => aead.addKey(cipher, key),
        removeKey: (slot) => aead.removeKey(slot),
        open: ({ columns, capacity, count }) => aead.open(bytes, columns, capacity, 0, count),
      },
    });
    this.#tunScratch = this.arena.reserve(TUN_SCRATCH);
  }

  /** Opens the TUN device and returns its name; throws SystemError. */
  openTun(request: TunRequest): string {
    this.#tun = openTunQueue(request);
    this.poller.set(this.#tun.fd, { readable: true, writable: false });
    return this.#tun.name;
  }

  /** Opens a socket; throws as `UdpSocket.open`. */
  openSocket(options: LinkSocketOptions): LinkSocket {
    const memory = this.#spareMemory.pop() ?? reserveSocketMemory(this.arena);
    try {
      const socket = new LinkSocket(options, this.arena, memory);
      this.sockets.add(socket);
      this.#byFd.set(socket.socket.fd, socket);
      this.poller.set(socket.socket.fd, { readable: true, writable: false });
      this.#pollTun();
      return socket;
    } catch (error) {
      this.#spareMemory.push(memory);
      throw error;
    }
  }

  closeSocket(socket: LinkSocket): void {
    if (!this.sockets.delete(socket)) return;
    this.#byFd.delete(socket.socket.fd);
    this.poller.remove(socket.socket.fd);
    socket.close();
    this.#overflows += socket.overflows;
    this.#spareMemory.push(socket.memory);
    this.#pollTun();
  }

  /** What was lost between the core and the kernel so far, by reasons in the manner of `DROP_REASONS`. */
  drops(): Record<string, number> {
    let overflows = this.#overflows;
    for (const socket of this.sockets) overflows += socket.overflows;
    const counts = {
      "socket-full": overflows,
      "tun-unreadable": this.#readFailures,
      "tun-refused": this.#writeFailures,
    };
    return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  }

  /** Runs rounds until `stop` is called in one of them; blocks its thread. */
  run(hooks: DataPlaneHooks): void {
    let now = milliseconds(monotonicMilliseconds());
    while (!this.#isStopped) {
      // A round takes time, by which it would be too late for what is due next.
      const left = this.host.nextTimeout() - monotonicMilliseconds();
      const ready = this.poller.wait(left, this.#readyFds, this.#readyMasks);
      now = milliseconds(monotonicMilliseconds());
      if (this.poller.wasWoken) hooks.onWoken(now);
      for (let index = 0; index < ready; index++) {
        this.#take(this.#readyFds[index] ?? -1, this.#readyMasks[index] ?? 0, hooks, now);
      }
      this.#hurry(now);
      this.finish(now);
      hooks.onWritten(now);
    }
  }

  /** Lets the core do what is due, and writes every batch that it filled. */
  finish(now: Milliseconds): void {
    let hasMore: boolean;
    do {
      this.host.settle(now);
      const hasNews = this.#send(now);
      this.#deliver();
      hasMore = hasNews || this.#delivery.hasRefused;
      this.#delivery.clear();
      this.host.recycle();
      if (hasMore) this.host.resume();
    } while (hasMore);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /**
   * Writes what is there before the core settles, when it is so little that larger batches are nothing to wait for. The
   * memory that it lies in is given free at the end of the round.
   */
  #hurry(now: Milliseconds): void {
    let rows = this.#delivery.count;
    for (const { outlet } of this.sockets) rows += outlet.batch.count;
    if (rows === 0 || rows > FEW_ROWS || this.#delivery.hasRefused) return;
    if (this.#send(now)) this.host.resume();
    this.#deliver();
    this.#delivery.clear();
  }

  close(): void {
    for (const socket of [...this.sockets]) this.closeSocket(socket);
    if (this.#tun !== undefined) this.poller.remove(this.#tun.fd);
    this.#tun?.close();
    this.poller.close();
  }

  #take(fd: number, mask: number, hooks: DataPlaneHooks, now: Milliseconds): void {
    const socket = this.#byFd.get(fd);
    if (socket === undefined) {
      if (fd === this.#tun?.fd) this.#readTun(this.#tun, hooks, now);
      return;
    }
    if ((mask & READY.writable) !== 0) this.#unblock(socket, now);
    if ((mask & (READY.readable | READY.failed)) === 0) return;
    socket.receive(this.#received);
    this.host.handleDatagrams(this.#received, socket.outlet, now);
    this.tap?.onReceived(this.#received);
  }

  #readTun(tun: TunDevice, hooks: DataPlaneHooks, now: Milliseconds): void {
    const batch = this.#packets;
    const { bytes } = this.arena;
    batch.count = this.#fillFrom(tun, batch);
    for (let row = 0, end = 0; row < batch.count; row = end) {
      end = batch.endOfRun(row);
      const tunnel = hooks.route(bytes, batch.headOffset(row));
      if (tunnel !== undefined) this.host.handlePackets(tunnel, batch, row, end, now);
    }
  }

  // The kernel refuses single packets of kinds that it should not have given us; only without its device there is
  // nothing left to do.
  #fillFrom(tun: TunDevice, { columns, capacity }: PacketBatch): number {
    try {
      return tun.read(this.arena.bytes, this.#tunScratch, TUN_SCRATCH, columns, capacity);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EINVAL") {
        this.#readFailures++;
        return 0;
      }
      throw openFailure(error, `read from the interface ${tun.name}`, { EBADFD: "somebody has removed it" });
    }
  }

  /** Sends what the core filled; true when a socket that was blocked takes more again, or the kernel refused a size. */
  #send(now: Milliseconds): boolean {
    let hasNews = false;
    for (const socket of this.sockets) {
      const wasBlocked = socket.outlet.isBlocked;
      if (socket.outlet.batch.count === 0) continue;
      this.tap?.onSent(socket.outlet.batch);
      socket.flush(this.#aead);
      if (this.#tellRefused(socket, now)) hasNews = true;
      if (socket.outlet.isBlocked === wasBlocked) continue;
      this.#followBlocking(socket);
      if (wasBlocked) hasNews = true;
    }
    return hasNews;
  }

  /** Tells the core what the kernel found too long to send; true when there was anything. */
  #tellRefused(socket: LinkSocket, now: Milliseconds): boolean {
    let hasAny = false;
    for (let length = socket.takeRefused(); length > 0; length = socket.takeRefused()) {
      this.host.handleTooBig(socket.outlet, socket.memory.record, length, now);
      hasAny = true;
    }
    return hasAny;
  }

  #unblock(socket: LinkSocket, now: Milliseconds): void {
    socket.flush(this.#aead);
    this.#tellRefused(socket, now);
    if (socket.outlet.isBlocked) return;
    this.#followBlocking(socket);
    this.host.resume();
  }

  #followBlocking(socket: LinkSocket): void {
    this.poller.set(socket.socket.fd, { readable: true, writable: socket.outlet.isBlocked });
    this.#pollTun();
  }

  /** While no socket takes anything, packets wait in the TUN device's own queue, which tells local senders to wait. */
  #pollTun(): void {
    const isPolled = this.sockets.size === 0 || [...this.sockets].some(({ outlet }) => !outlet.isBlocked);
    if (this.#tun === undefined || isPolled === this.#isTunPolled) return;
    this.#isTunPolled = isPolled;
    this.poller.set(this.#tun.fd, { readable: isPolled, writable: false });
  }

  #deliver(): void {
    const { columns, capacity, count } = this.#delivery;
    if (count === 0 || this.#tun === undefined) return;
    this.#writeFailures += this.#tun.write(this.arena.bytes, columns, capacity, count);
  }
}
