import type { Bundles } from "../../../server/bundles.ts";
import { FLAG_CHECKSUM_PARTIAL, FLAG_CONTINUES, HEADROOM } from "../../../shared/protocol/packet/packet-batch.ts";
import { createScheduler } from "../../../shared/protocol/scheduler/schedulers.ts";
import type { HandshakeCrypto } from "../../../shared/protocol/session/handshake-crypto.ts";
import { secretKeyOf } from "../../../shared/protocol/session/key-id.ts";
import type { Tunnel } from "../../../shared/protocol/tunnel.ts";
import { type Milliseconds, milliseconds } from "../../../shared/protocol/units.ts";
import { becomeClient, becomeServer } from "../../sim/traffic/bonded/ends.ts";
import { MicroEnd } from "./micro-end.ts";
import type { StepTime } from "./step-time.ts";
import type { Stopwatch } from "./stopwatch.ts";

const PACKETS = 256;
const PACKET_SIZE = 1400;
// Of a super-packet of 64 KiB.
const SEGMENTS = 46;
const HEAD_SIZE = 40;
const STRIDE = 2048;
// 256 packets in so long are 5.7 Gbit/s.
const ROUND_MS = 0.5;
const CONNECT_ROUNDS = 20_000;
const WARM_UP_ROUNDS = 4000;
const ROUNDS = 1000;

/**
 * Drives two whole tunnels in this process by a clock of their own: packets from memory, real keys, sockets on loopback.
 * Answers the nanoseconds per packet of 1400 bytes of each step, measured so many times after a warm-up.
 */
export function measureCore(crypto: HandshakeCrypto, links: number, samples: number): StepTime[] {
  const pair = new TunnelPair(crypto, links);
  pair.connect();
  for (let round = 0; round < WARM_UP_ROUNDS; round++) pair.carry();
  pair.takeTimes();
  const times: StepTime[] = [];
  for (let sample = 0; sample < samples; sample++) {
    for (let round = 0; round < ROUNDS; round++) pair.carry();
    times.push(...pair.takeTimes());
  }
  pair.close();
  return times;
}

class TunnelPair {
  readonly #client: MicroEnd;
  readonly #server: MicroEnd;
  readonly #bundles: Bundles;
  readonly #tunnel: Tunnel;
  readonly #links: number;
  #now: Milliseconds = milliseconds(0);

  constructor(crypto: HandshakeCrypto, links: number) {
    this.#links = links;
    this.#client = new MicroEnd(links, crypto.random);
    this.#server = new MicroEnd(1, crypto.random);
    this.#client.setPeer(this.#server.sockets[0]?.socket.port ?? 0);
    const options = {
      crypto,
      secret: secretKeyOf(crypto, crypto.random(32)),
      lines: Array.from({ length: links }, () => ({ up: {}, down: {} })),
      scheduler: createScheduler("earliest-arrival"),
    };
    this.#bundles = becomeServer(this.#server, options);
    this.#tunnel = becomeClient(this.#client, options, this.#now);
  }

  connect(): void {
    for (let round = 0; round < CONNECT_ROUNDS; round++) {
      this.#advance();
      const others = this.#bundles.established()[0]?.tunnel.links ?? [];
      const isReady = [...this.#tunnel.links, ...others].every((link) => link.isUp && !link.pathMtu.isSearching);
      if (isReady && others.length === this.#links) return this.#layPackets();
    }
    throw new Error("the tunnel does not come up");
  }

  /** Sends one batch of packets from the client to the server, and the server's reports back. */
  carry(): void {
    const { packets, host, times } = this.#client;
    times.schedule.start();
    for (let row = 0, end = 0; row < packets.count; row = end) {
      end = packets.endOfRun(row);
      host.handlePackets(this.#tunnel, packets, row, end, this.#now);
    }
    times.schedule.stop();
    const delivered = this.#advance();
    if (delivered !== packets.count)
      throw new Error(`${delivered} of ${packets.count} packets arrived in their round`);
  }

  /** The times of all rounds since this was asked last. */
  takeTimes(): StepTime[] {
    const [{ times: client }, { times: server }] = [this.#client, this.#server];
    const take = (watch: Stopwatch): number => watch.takePerPacket(PACKETS);
    const links = this.#links === 1 ? "1 link" : `${this.#links} links`;
    const opening = take(server.open);
    const times = [
      { step: `frame and schedule, ${links}`, isCore: true, nanoseconds: take(client.schedule) },
      { step: `seal and send, ${links}`, isCore: false, nanoseconds: take(client.sealAndSend) },
      { step: `receive, ${links}`, isCore: false, nanoseconds: take(server.receive) },
      { step: `open, ${links}`, isCore: false, nanoseconds: opening },
      { step: `check and reorder, ${links}`, isCore: true, nanoseconds: take(server.order) - opening },
    ];
    for (const watch of [...Object.values(client), ...Object.values(server)]) take(watch);
    return times;
  }

  close(): void {
    for (const end of [this.#client, this.#server]) end.close();
  }

  // The kernel has what was sent on loopback at the receiver's socket when the call returns.
  #advance(): number {
    const [client, server] = [this.#client, this.#server];
    this.#now = milliseconds(this.#now + ROUND_MS);
    client.settle("schedule", this.#now);
    client.send();
    server.receive(this.#now);
    server.settle("order", this.#now);
    for (const event of server.host.takeEvents()) this.#bundles.handleEvent(event);
    server.send();
    const { count } = server.delivery;
    server.recycle();
    client.receive(this.#now);
    client.host.takeEvents();
    client.recycle();
    return count;
  }

  #layPackets(): void {
    const { packets, packetArea, arena } = this.#client;
    const source = this.#bundles.established()[0]?.ip4?.bytes ?? [];
    packets.clear();
    for (let row = 0; row < PACKETS; row++) {
      const offset = packetArea + row * STRIDE + HEADROOM;
      arena.bytes.set(tcpHeaders(source), offset);
      const isFirst = row % SEGMENTS === 0;
      packets.add(offset, HEAD_SIZE, FLAG_CHECKSUM_PARTIAL | (isFirst ? 0 : FLAG_CONTINUES));
      const { columns, capacity } = packets;
      columns[2 * capacity + row] = offset + HEAD_SIZE;
      columns[3 * capacity + row] = PACKET_SIZE - HEAD_SIZE;
    }
  }
}

// RFC 791 §3.1, RFC 9293 §3.1: one segment of a flow from the client to the internet; nobody looks at its numbers.
function tcpHeaders(source: Iterable<number>): Uint8Array {
  const header = new Uint8Array(HEAD_SIZE);
  const view = new DataView(header.buffer);
  view.setUint16(0, 0x4500);
  view.setUint16(2, PACKET_SIZE);
  view.setUint8(8, 64);
  view.setUint8(9, 6);
  header.set([...source], 12);
  header.set([192, 0, 2, 2], 16);
  view.setUint16(20, 50_000);
  view.setUint16(22, 443);
  view.setUint16(32, 0x5010);
  return header;
}
