import assert from "node:assert/strict";
import type { Tunnel } from "../../shared/protocol/tunnel.ts";
import type { BytesPerSecond, Milliseconds } from "../../shared/protocol/units.ts";
import { ip4Packet, isIntact, serialOf } from "../support/ip-packets.ts";
import type { SimulatedEnd } from "./simulated-end.ts";
import type { Simulation } from "./simulation.ts";

const INTERNET = [192, 0, 2, 1];
// So much that every line is of use, however much farther it is than the others.
const BACKLOG = 256 * 1024;

/** What a stream is: its direction, seen from the client, and the flow that it is, told by its source port. */
export type StreamOptions = {
  readonly direction: "up" | "down";
  readonly client?: number;
  readonly port?: number;
  readonly destinationPort?: number;
};

/** A flow of numbered packets through a simulation, and what came out of it at the other end. */
export class Stream {
  readonly serials: number[] = [];
  readonly times: Milliseconds[] = [];
  sent = 0;
  deliveredBytes = 0;
  #due = 0;
  #offeredAt: Milliseconds | undefined;
  readonly #simulation: Simulation;
  readonly #isUp: boolean;
  readonly #client: number;
  readonly #port: number;
  readonly #destinationPort: number;

  constructor(simulation: Simulation, { direction, client = 0, port = 1000, destinationPort = 2000 }: StreamOptions) {
    this.#simulation = simulation;
    this.#isUp = direction === "up";
    this.#client = client;
    this.#port = port;
    this.#destinationPort = destinationPort;
    this.attach();
  }

  /** Listens at the far end; to be called again when that was restarted. */
  attach(): void {
    const end = this.#isUp ? this.#simulation.server.end : this.#clientEnd;
    const others = end.onDelivered;
    end.onDelivered = (packet, now) => {
      if (packet[20] === this.#port >> 8 && packet[21] === (this.#port & 0xff)) this.#take(packet, now);
      else others?.(packet, now);
    };
  }

  /** Sends one packet; nothing when the tunnel is not there. */
  send(size: number): void {
    const tunnel = this.tunnel;
    if (tunnel === undefined) return;
    const inner = this.#simulation.addressOf(this.#client);
    const [source, destination] = this.#isUp ? [inner, INTERNET] : [INTERNET, inner];
    const ports = { sourcePort: this.#port, destinationPort: this.#destinationPort };
    const packet = ip4Packet({ source, destination, ...ports, size, serial: this.sent++ });
    const end = this.#isUp ? this.#clientEnd : this.#simulation.server.end;
    end.sendPackets(tunnel, [packet], this.#simulation.now);
  }

  /** Sends what this rate has made due since the last call, in packets of `size` bytes. */
  offer(size: number, rate: BytesPerSecond): void {
    const { now } = this.#simulation;
    this.#due += ((now - (this.#offeredAt ?? now)) * rate) / 1000;
    this.#offeredAt = now;
    for (; this.#due >= size; this.#due -= size) this.send(size);
  }

  /** Sends until packets wait for the lines; a link must be up. */
  saturate(size: number): void {
    const { tunnel } = this;
    if (tunnel === undefined || !tunnel.links.some((link) => link.isUp)) return;
    const { queue } = tunnel.outbound;
    const backlog = Math.min(BACKLOG, 0.9 * queue.limit);
    while (queue.bytes < backlog) this.send(size);
  }

  /** The tunnel at the sending end. */
  get tunnel(): Tunnel | undefined {
    const { clients } = this.#simulation;
    return this.#isUp ? clients[this.#client]?.tunnel : this.#simulation.tunnelOf(this.#client);
  }

  get lost(): number {
    return this.sent - this.serials.length;
  }

  /** Fails unless what came was intact, came once, and in order. */
  checkOrder(): void {
    for (let index = 1; index < this.serials.length; index++) {
      const [before = 0, after = 0] = this.serials.slice(index - 1, index + 1);
      assert.ok(after > before, `${after} came after ${before}`);
    }
  }

  /** The longest time without a packet between two times, in milliseconds. */
  longestGap(from: number, until: number): number {
    let last = from;
    let longest = 0;
    for (const time of [...this.times.filter((at) => at > from && at < until), until]) {
      longest = Math.max(longest, time - last);
      last = time;
    }
    return longest;
  }

  get #clientEnd(): SimulatedEnd {
    const client = this.#simulation.clients[this.#client];
    if (client === undefined) throw new Error(`no client ${this.#client}`);
    return client.end;
  }

  #take(packet: Uint8Array, now: Milliseconds): void {
    assert.ok(isIntact(packet), `packet ${serialOf(packet)} is damaged`);
    this.serials.push(serialOf(packet));
    this.times.push(now);
    this.deliveredBytes += packet.length;
  }
}
