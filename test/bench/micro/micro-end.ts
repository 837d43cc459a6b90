import { Aead, type UdpSocketOptions } from "dgram-native";
import type { Outlet } from "../../../shared/protocol/link/outlet.ts";
import { Arena } from "../../../shared/protocol/packet/arena.ts";
import { DeliveryBatch } from "../../../shared/protocol/packet/delivery-batch.ts";
import { PacketBatch } from "../../../shared/protocol/packet/packet-batch.ts";
import { ReceiveBatch } from "../../../shared/protocol/packet/receive-batch.ts";
import { TunnelHost } from "../../../shared/protocol/tunnel-host.ts";
import type { Milliseconds } from "../../../shared/protocol/units.ts";
import { LinkSocket, reserveSocketMemory } from "../../../shared/runtime/data-plane/link-socket.ts";
import { Stopwatch } from "./stopwatch.ts";

const ARENA_BYTES = 64 * 1024 * 1024;
const CELLS = 16_384;
const LINKS = 8;
const KEYS = 256;
const ASSEMBLY_BYTES = 1024 * 1024;
const ROWS = 2048;
const PACKET_AREA = 2 * 1024 * 1024;
const LOOPBACK: UdpSocketOptions = { family: 4, address: "127.0.0.1" };

/** What each step of an end took. */
export type EndTimes = Readonly<Record<"schedule" | "sealAndSend" | "receive" | "open" | "order", Stopwatch>>;

/**
 * One end of a tunnel as the data plane drives it, but without a TUN device, step by step and with the time of each
 * taken: packets come from memory and stay in the delivery batch. Its sockets are on loopback.
 */
export class MicroEnd {
  readonly arena = new Arena(ARENA_BYTES);
  readonly host: TunnelHost;
  readonly packets = new PacketBatch(ROWS);
  readonly delivery = new DeliveryBatch(ROWS);
  readonly sockets: readonly LinkSocket[];
  readonly times: EndTimes = {
    schedule: new Stopwatch(),
    sealAndSend: new Stopwatch(),
    receive: new Stopwatch(),
    open: new Stopwatch(),
    order: new Stopwatch(),
  };
  /** Where packets can be laid for `packets`: 2 MiB. */
  readonly packetArea: number;
  readonly #aead = new Aead(KEYS);
  readonly #received = new ReceiveBatch(ROWS);
  #peerPort = 0;

  constructor(sockets: number, random: (length: number) => Uint8Array) {
    const aead = this.#aead;
    const { bytes } = this.arena;
    const { open } = this.times;
    this.host = new TunnelHost({
      arena: this.arena,
      cells: CELLS,
      links: LINKS,
      assemblyBytes: ASSEMBLY_BYTES,
      delivery: this.delivery,
      random,
      aead: {
        addKey: (cipher, key) => aead.addKey(cipher, key),
        removeKey: (slot) => aead.removeKey(slot),
        open: ({ columns, capacity, count }) => {
          open.start();
          aead.open(bytes, columns, capacity, 0, count);
          open.stop();
        },
      },
    });
    this.packetArea = this.arena.reserve(PACKET_AREA);
    this.sockets = Array.from(
      { length: sockets },
      () => new LinkSocket(LOOPBACK, this.arena, reserveSocketMemory(this.arena)),
    );
  }

  get outlets(): Outlet[] {
    return this.sockets.map(({ outlet }) => outlet);
  }

  /** Says at which port of this machine the peer is. */
  setPeer(port: number): void {
    this.#peerPort = port;
  }

  /** The address record of the peer, good until the next call. */
  record(): number {
    const [socket] = this.sockets;
    if (socket === undefined) throw new Error("an end without sockets");
    return socket.record({ address: "127.0.0.1", port: this.#peerPort });
  }

  /** There is nobody to tell: an end of a benchmark works in every round. */
  touch(): void {
    // Nothing to do.
  }

  /** Receives all that waits at its sockets and hands it to the core. Answers how many datagrams came. */
  receive(now: Milliseconds): number {
    const { receive, order } = this.times;
    let count = 0;
    for (const socket of this.sockets) {
      do {
        receive.start();
        socket.receive(this.#received);
        receive.stop();
        order.start();
        this.host.handleDatagrams(this.#received, socket.outlet, now);
        order.stop();
        count += this.#received.count;
      } while (this.#received.count > 0);
    }
    return count;
  }

  /** Lets the core do what is due, on the account of `step`. */
  settle(step: "schedule" | "order", now: Milliseconds): void {
    const { [step]: watch } = this.times;
    watch.start();
    this.host.settle(now);
    watch.stop();
  }

  /** Seals and sends what the core filled. */
  send(): void {
    const { sealAndSend } = this.times;
    sealAndSend.start();
    for (const socket of this.sockets) socket.flush(this.#aead);
    sealAndSend.stop();
  }

  /** Ends a round: batches and cells are free again. */
  recycle(): void {
    for (const watch of Object.values(this.times)) watch.lap();
    this.delivery.clear();
    this.host.recycle();
  }

  close(): void {
    for (const socket of this.sockets) socket.close();
  }
}
