import { Aead, monotonicMilliseconds, Poller } from "dgram-native";
import { Initiator } from "../../../shared/protocol/initiator.ts";
import { rateLimits } from "../../../shared/protocol/link/configured-rate.ts";
import { Arena } from "../../../shared/protocol/packet/arena.ts";
import { DeliveryBatch } from "../../../shared/protocol/packet/delivery-batch.ts";
import { FLAG_CONTINUES, HEADROOM, PacketBatch } from "../../../shared/protocol/packet/packet-batch.ts";
import { ReceiveBatch } from "../../../shared/protocol/packet/receive-batch.ts";
import { createScheduler } from "../../../shared/protocol/scheduler/schedulers.ts";
import type { HandshakeCrypto } from "../../../shared/protocol/session/handshake-crypto.ts";
import { PLAIN_LINE } from "../../../shared/protocol/session/line-terms.ts";
import type { Tunnel } from "../../../shared/protocol/tunnel.ts";
import { TunnelHost } from "../../../shared/protocol/tunnel-host.ts";
import { bytes, bytesPerSecond, type Milliseconds, milliseconds, seconds } from "../../../shared/protocol/units.ts";
import {
  endpointDiscriminator,
  KEYS_PER_LINK,
  TRAFFIC_CLASSES,
} from "../../../shared/runtime/data-plane/defaults.ts";
import { LinkSocket, reserveSocketMemory } from "../../../shared/runtime/data-plane/link-socket.ts";
import { secretKeyFromText } from "../../../shared/runtime/secret-key.ts";
import { clientName } from "./client-messages.ts";

const CELLS = 16_384;
const MOST_LINKS = 16_384;
const ARENA_BYTES = 128 * 1024 * 1024;
const ASSEMBLY_BYTES = 1024 * 1024;
const ROWS = 2048;
const PACKET_ROWS = 256;
const STRIDE = 2048;
const MRRU = 1500;
const LINE_MTU = 1500;
const RATE = bytesPerSecond(1e9);

type VirtualClient = { readonly tunnel: Tunnel; address: Uint8Array | undefined };

/** Many clients in one process and one arena. Each has a tunnel of its own; all share a socket for each link. */
export class VirtualClients {
  readonly clients: VirtualClient[] = [];
  readonly #arena = new Arena(ARENA_BYTES);
  readonly #aead = new Aead(MOST_LINKS * KEYS_PER_LINK);
  readonly #delivery = new DeliveryBatch(ROWS);
  readonly #received = new ReceiveBatch(ROWS);
  readonly #packets = new PacketBatch(PACKET_ROWS);
  readonly #poller = new Poller();
  readonly #readyFds = new Int32Array(16);
  readonly #readyMasks = new Int32Array(16);
  readonly #initiators = new Map<Tunnel, Initiator>();
  readonly #sockets: LinkSocket[] = [];
  readonly #crypto: HandshakeCrypto;
  readonly #host: TunnelHost;
  readonly #packetArea: number;
  #delivered = 0;

  constructor(crypto: HandshakeCrypto) {
    const aead = this.#aead;
    const { bytes: arenaBytes } = this.#arena;
    this.#crypto = crypto;
    this.#host = new TunnelHost({
      arena: this.#arena,
      cells: CELLS,
      links: MOST_LINKS,
      assemblyBytes: ASSEMBLY_BYTES,
      delivery: this.#delivery,
      random: crypto.random,
      aead: {
        addKey: (cipher, key) => aead.addKey(cipher, key),
        removeKey: (slot) => aead.removeKey(slot),
        open: ({ columns, capacity, count }) => aead.open(arenaBytes, columns, capacity, 0, count),
      },
    });
    this.#packetArea = this.#arena.reserve(PACKET_ROWS * STRIDE);
    this.#host.setHandshakeReceiver({
      handleHandshake: (type, datagram, origin, now) => {
        const index = ((datagram[1] ?? 0) << 16) | ((datagram[2] ?? 0) << 8) | (datagram[3] ?? 0);
        const tunnel = this.#host.awaiting(index)?.tunnel;
        if (tunnel !== undefined) this.#initiators.get(tunnel)?.handleHandshake(type, datagram, origin, now);
      },
    });
  }

  /** How many links of all clients are up. */
  get linksUp(): number {
    return this.clients.reduce((sum, { tunnel }) => sum + tunnel.links.filter(({ isUp }) => isUp).length, 0);
  }

  /** Opens a socket for each link that a client has. */
  open(links: number, offload: boolean): void {
    for (let link = 0; link < links; link++) this.#openSocket(offload);
  }

  /** How many packets have come to all clients. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Hands a client so many packets as its TUN device would hand it segments; the bytes are copied. `finish` sends them. */
  send(client: VirtualClient, packet: Uint8Array, count: number, now: Milliseconds): void {
    const batch = this.#packets;
    const first = batch.count;
    for (let row = first; row < Math.min(first + count, PACKET_ROWS); row++) {
      const offset = this.#packetArea + row * STRIDE + HEADROOM;
      this.#arena.bytes.set(packet, offset);
      batch.add(offset, packet.length, row === first ? 0 : FLAG_CONTINUES);
    }
    this.#host.handlePackets(client.tunnel, batch, first, batch.count, now);
  }

  /** One round: waits at most so long, takes what came, and lets every client do what is due. Answers the time. */
  round(longest: number): Milliseconds {
    const timeout = Math.min(longest, this.#host.nextTimeout() - monotonicMilliseconds());
    this.#poller.wait(Math.max(0, timeout), this.#readyFds, this.#readyMasks);
    const now = milliseconds(monotonicMilliseconds());
    for (const socket of this.#sockets) {
      socket.receive(this.#received);
      if (this.#received.count > 0) this.#host.handleDatagrams(this.#received, socket.outlet, now);
    }
    this.finish(now);
    return now;
  }

  /** Lets every client do what is due, and writes what they send. */
  finish(now: Milliseconds): void {
    this.#host.settle(now);
    for (const socket of this.#sockets) if (socket.outlet.batch.count > 0) socket.flush(this.#aead);
    this.#delivered += this.#delivery.count;
    this.#delivery.clear();
    this.#packets.clear();
    this.#host.recycle();
    for (const { tunnel, event } of this.#host.takeEvents()) {
      if (event.kind !== "agreed") continue;
      const client = this.clients.find((one) => one.tunnel === tunnel);
      if (client !== undefined) client.address ??= event.answer.ip4?.address;
    }
  }

  #openSocket(offload: boolean): void {
    const socket = new LinkSocket({ family: 4, offload }, this.#arena, reserveSocketMemory(this.#arena));
    this.#sockets.push(socket);
    this.#poller.set(socket.socket.fd, { readable: true, writable: false });
  }

  /** Lets one more client, with this place and secret, dial each of these servers, by a link each. */
  async dial(index: number, password: string, servers: readonly string[], port: number): Promise<void> {
    const host = this.#host;
    const name = clientName(index);
    const tunnel = host.addTunnel({
      name,
      role: "initiator",
      scheduler: createScheduler("earliest-arrival"),
      mrru: MRRU,
      classes: TRAFFIC_CLASSES,
      reorderWait: milliseconds(300),
      filter: undefined,
      endpointDiscriminator: endpointDiscriminator(this.#crypto.random),
    });
    const initiator = new Initiator({
      host,
      tunnel,
      crypto: this.#crypto,
      secret: await secretKeyFromText(this.#crypto, password),
      clientName: name,
      ciphers: ["aes-256-gcm"],
      ip4: undefined,
      ip6: undefined,
      keepalive: seconds(5),
      deadAfter: undefined,
      version: "bench",
    });
    this.#initiators.set(tunnel, initiator);
    this.clients.push({ tunnel, address: undefined });
    const now = milliseconds(monotonicMilliseconds());
    for (const [discriminator, server] of servers.entries()) {
      const limits = rateLimits(RATE);
      const told = { sendLimits: limits, receiveLimits: limits, line: PLAIN_LINE, mtu: bytes(LINE_MTU) };
      const link = initiator.addLink({ ...told, name: `link${discriminator}`, discriminator }, now);
      const socket = this.#sockets[discriminator];
      if (socket === undefined) throw new Error("a link has no socket");
      const peer = socket.record({ address: server, port });
      tunnel.setUplink(link, { outlet: socket.outlet, peer, detail: "virtual" }, now);
    }
    host.touch(tunnel);
  }
}
