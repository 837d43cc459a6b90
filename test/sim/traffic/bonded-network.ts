import type { Bundles } from "../../../server/bundles.ts";
import type { Scheduler } from "../../../shared/protocol/scheduler/scheduler.ts";
import { createScheduler } from "../../../shared/protocol/scheduler/schedulers.ts";
import type { HandshakeCrypto } from "../../../shared/protocol/session/handshake-crypto.ts";
import { secretKeyOf } from "../../../shared/protocol/session/key-id.ts";
import type { Tunnel } from "../../../shared/protocol/tunnel.ts";
import { bytes, earliest, type Milliseconds, milliseconds, NEVER, seconds } from "../../../shared/protocol/units.ts";
import { type Deliver, LineEmulator } from "../../emulator/line-emulator.ts";
import { Random } from "../../emulator/random.ts";
import { keyPairOf } from "../../support/session-handshake.ts";
import type { SimulatedLine } from "../simulated-client.ts";
import { Arrivals } from "./arrivals.ts";
import { becomeClient, becomeServer } from "./bonded/ends.ts";
import { FastEnd, type FastEndOptions } from "./bonded/fast-end.ts";
import { type Frame, FramePool } from "./bonded/frame.ts";
import { LateEnd } from "./bonded/late-end.ts";
import { type Lateness, LateProcess } from "./bonded/lateness.ts";
import type { Arrival, Network, Side } from "./network.ts";

const UDP_AND_IP = 28;
const FIRST_PORT = 40_000;
const SERVER_PORT = 5080;
// As many as the daemons have at least.
const CELLS = 16_384;

// A core that asks to be called at once again and again would keep a daemon's processor busy.
const MOST_ROUNDS_AT_ONCE = 2000;

/** What a bonded network is made of. */
export type BondedNetworkOptions = {
  readonly lines: readonly SimulatedLine[];
  readonly seed: number;
  readonly crypto: HandshakeCrypto;
  /** The client's scheduler; earliest arrival when absent. */
  readonly scheduler?: Scheduler;
  /** How many packets may wait in each end; 16,384 when absent. */
  readonly cells?: number;
  /** How late the processes of both ends and of the lines run; they run at once when absent. */
  readonly lateness?: Lateness;
};

type End = FastEnd | LateEnd;

type EndOptions = Pick<FastEndOptions, "cells" | "peerPorts" | "random" | "sockets"> & { readonly side: Side };

/**
 * Hawser's client and server with the lines between them, like `Simulation` with one client, but made for throughput:
 * frames are used again, ends work only when there is something to do. Throws when an end asks to be called all the time.
 */
export class BondedNetwork implements Network {
  readonly ups: readonly LineEmulator<Frame>[];
  readonly downs: readonly LineEmulator<Frame>[];
  readonly client: End;
  readonly server: End;
  readonly clientTunnel: Tunnel;
  now = milliseconds(0);
  readonly #frames = new FramePool();
  readonly #arrivals = new Arrivals();
  readonly #bundles: Bundles;
  readonly #toServer: readonly Deliver<Frame>[];
  readonly #toClient: readonly Deliver<Frame>[];
  /** What moves frames over the lines, where that is late. */
  readonly #relay: LateProcess | undefined;
  #serverTunnel: Tunnel | undefined;
  #rounds = 0;

  constructor(options: BondedNetworkOptions) {
    const { lines, seed, crypto, scheduler = createScheduler("earliest-arrival"), cells = CELLS, lateness } = options;
    const dice = new Random(seed);
    const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => dice.below(256));
    const seeded = { ...crypto, random, generateKeyPair: () => keyPairOf(crypto, random(32)) };
    const owner = { discard: this.#frames.release, copy: this.#frames.copy };
    this.ups = lines.map(({ up }, index) => new LineEmulator(up, seed * 1024 + index, owner));
    this.downs = lines.map(({ down }, index) => new LineEmulator(down, seed * 1024 + 512 + index, owner));
    this.#toServer = lines.map((_, line) => this.#takerOf((frame) => this.server.receive(frame, 0, line, this.now)));
    this.#toClient = lines.map((_, line) => this.#takerOf((frame) => this.client.receive(frame, line, 0, this.now)));
    const ports = lines.map((_, line) => FIRST_PORT + line);
    const late = (place: number): LateProcess | undefined =>
      lateness === undefined ? undefined : new LateProcess(lateness, seed * 1024 + 256 + place);
    this.#relay = late(0);
    this.server = this.#makeEnd({ side: "internet", sockets: 1, peerPorts: ports, random, cells }, late(1));
    const toServer = { sockets: lines.length, peerPorts: [SERVER_PORT] };
    this.client = this.#makeEnd({ side: "client", ...toServer, random, cells }, late(2));
    const known = { crypto: seeded, secret: secretKeyOf(seeded, random(32)), lines, scheduler };
    this.#bundles = becomeServer(this.server, known);
    this.clientTunnel = becomeClient(this.client, known, this.now);
  }

  /** The server's end of the bundle, once it is established. */
  get serverTunnel(): Tunnel | undefined {
    return this.#serverTunnel;
  }

  get mtu(): number {
    return Math.min(this.clientTunnel.mtu, this.#serverTunnel?.mtu ?? 0);
  }

  get clientAddress(): readonly number[] {
    return [...(this.#bundles.established()[0]?.ip4?.bytes ?? [0, 0, 0, 0])];
  }

  /** Runs until every link is up at both ends and knows its line's MTU; false when that takes more than `limit`. */
  connect(limit: Milliseconds = seconds(10)): boolean {
    while (this.now < limit && !this.#isReady) this.advance(earliest(limit, this.nextTimeout()));
    return this.#isReady;
  }

  send(from: Side, packet: Uint8Array): void {
    if (from === "client") this.client.send(this.clientTunnel, packet, this.now);
    else if (this.#serverTunnel !== undefined) this.server.send(this.#serverTunnel, packet, this.now);
  }

  nextTimeout(): Milliseconds {
    const next = earliest(this.client.nextTimeout(this.now), this.server.nextTimeout(this.now));
    return earliest(next, this.#linesTimeout());
  }

  advance(until: Milliseconds): void {
    this.#rounds = until > this.now ? 0 : this.#rounds + 1;
    if (this.#rounds > MOST_ROUNDS_AT_ONCE) throw new Error(`time stands still at ${this.now} ms`);
    this.now = milliseconds(Math.max(this.now, until));
    if (this.#linesTimeout() <= this.now) this.#carry();
    if (this.client.nextTimeout(this.now) <= this.now) this.#work(this.client);
    if (this.server.nextTimeout(this.now) <= this.now) this.#work(this.server);
  }

  receive(take: Arrival): void {
    this.#arrivals.take(take);
  }

  /** Cuts both directions of a line in silence. */
  cut(line: number): void {
    this.ups[line]?.cut(this.now);
    this.downs[line]?.cut(this.now);
  }

  /** Ends a cut. */
  restore(line: number): void {
    this.ups[line]?.restore(this.now);
    this.downs[line]?.restore(this.now);
  }

  get #isReady(): boolean {
    const { links } = this.clientTunnel;
    const others = this.#serverTunnel?.links ?? [];
    const isReady = [...links, ...others].every((link) => link.isUp && !link.pathMtu.isSearching);
    return isReady && others.length === links.length;
  }

  #linesTimeout(): Milliseconds {
    let next = NEVER;
    for (const line of this.ups) next = earliest(next, line.nextTimeout());
    for (const line of this.downs) next = earliest(next, line.nextTimeout());
    return this.#relay === undefined || next === NEVER ? next : this.#relay.runsAt(next);
  }

  #carry(): void {
    this.#relay?.onRun(this.now);
    for (let line = 0; line < this.ups.length; line++) {
      this.#receiveFrom(this.ups[line], this.#toServer[line]);
      this.#receiveFrom(this.downs[line], this.#toClient[line]);
    }
  }

  #makeEnd(options: EndOptions, process: LateProcess | undefined): End {
    const { side, ...rest } = options;
    const end = new FastEnd({
      ...rest,
      frames: this.#frames,
      transmit: (frame, socket, port, now) => {
        const line = side === "client" ? this.ups[socket] : this.downs[port - FIRST_PORT];
        if (line === undefined) this.#frames.release(frame);
        else line.send(frame, bytes(frame.length + UDP_AND_IP), now);
      },
      deliver: (packet) => this.#arrivals.add(side, packet),
    });
    return process === undefined ? end : new LateEnd(end, process, this.#frames);
  }

  #receiveFrom(line: LineEmulator<Frame> | undefined, deliver: Deliver<Frame> | undefined): void {
    if (line === undefined || deliver === undefined || line.nextTimeout() > this.now) return;
    line.receive(this.now, deliver);
  }

  #takerOf(take: (frame: Frame) => void): Deliver<Frame> {
    return (frame, corruptedBit) => {
      frame.isDamaged = corruptedBit >= 0;
      take(frame);
      this.#frames.release(frame);
    };
  }

  #work(end: End): void {
    end.work(this.now);
    for (const event of end.host.takeEvents()) {
      if (end === this.server) this.#bundles.handleEvent(event);
      this.#serverTunnel = this.#bundles.established()[0]?.tunnel;
    }
  }
}
