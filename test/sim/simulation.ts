import { Bundles } from "../../server/bundles.ts";
import { parseIpPrefix } from "../../shared/config/values/ip-address.ts";
import { Initiator } from "../../shared/protocol/initiator.ts";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { Responder } from "../../shared/protocol/responder.ts";
import { WeightedScheduler } from "../../shared/protocol/scheduler/weighted.ts";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { type SecretKey, secretKeyOf } from "../../shared/protocol/session/key-id.ts";
import type { Tunnel } from "../../shared/protocol/tunnel.ts";
import type { HostEvent } from "../../shared/protocol/tunnel-host.ts";
import {
  bytes,
  bytesPerSecond,
  type Milliseconds,
  milliseconds,
  seconds,
  UNLIMITED,
} from "../../shared/protocol/units.ts";
import { type Deliver, LineEmulator } from "../emulator/line-emulator.ts";
import type { LineOptions } from "../emulator/line-options.ts";
import { Random } from "../emulator/random.ts";
import { keyPairOf } from "../support/session-handshake.ts";
import { type Datagram, type Place, SimulatedEnd } from "./simulated-end.ts";

const UDP_AND_IP = 28;
const SERVER: Place = { host: 999, port: 5080 };
const CLASSES = 8;

/** One simulated line: what it is like each way, and what the operator has configured. */
export type SimulatedLine = {
  readonly up: Partial<LineOptions>;
  readonly down: Partial<LineOptions>;
  /** The configured bandwidths in bytes per second; the line's own rates when absent. */
  readonly uploadRate?: number;
  readonly downloadRate?: number;
};

/** What a simulation is made of. */
export type SimulationOptions = {
  readonly lines: readonly SimulatedLine[];
  readonly seed: number;
  readonly crypto: HandshakeCrypto;
  readonly mrru?: number;
};

/** The client of a simulation: the end with one socket per line. */
export type SimulatedClient = {
  readonly end: SimulatedEnd;
  readonly tunnel: Tunnel;
  readonly links: readonly MemberLink[];
};

/** The server of a simulation. */
export type SimulatedServer = { readonly end: SimulatedEnd; readonly bundles: Bundles };

/** A client and a server with every line between them, in virtual time. */
export class Simulation {
  readonly ups: readonly LineEmulator<Datagram>[];
  readonly downs: readonly LineEmulator<Datagram>[];
  client: SimulatedClient;
  server: SimulatedServer;
  now: Milliseconds = milliseconds(0);
  /** Everything that happened, in order, of both ends. */
  readonly events: (HostEvent & { readonly end: "client" | "server"; readonly at: Milliseconds })[] = [];
  /** Every datagram that was put on a line, when it is set. */
  recorded: { readonly datagram: Datagram; readonly line: number; readonly isUp: boolean }[] | undefined;
  readonly #options: SimulationOptions;
  readonly #crypto: HandshakeCrypto;
  readonly #secret: SecretKey;
  readonly #places: Place[];

  constructor(options: SimulationOptions) {
    this.#options = options;
    const dice = new Random(options.seed);
    const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => dice.below(256));
    const generateKeyPair = () => keyPairOf(options.crypto, random(32));
    this.#crypto = { ...options.crypto, random, generateKeyPair };
    this.#secret = secretKeyOf(this.#crypto, random(32));
    this.ups = options.lines.map((line, index) => new LineEmulator(line.up, options.seed * 64 + index));
    this.downs = options.lines.map((line, index) => new LineEmulator(line.down, options.seed * 64 + 32 + index));
    this.#places = options.lines.map((_, index) => ({ host: 1 + index, port: 40_000 + index }));
    this.server = this.#makeServer();
    this.client = this.#makeClient();
  }

  /** The server's tunnel of the client, once it is established. */
  get serverTunnel(): Tunnel | undefined {
    return this.server.bundles.established()[0]?.tunnel;
  }

  /** The address that the client was given, as four numbers. */
  get clientAddress(): readonly number[] {
    return [...(this.server.bundles.established()[0]?.ip4?.bytes ?? [0, 0, 0, 0])];
  }

  /** Lets time pass until `until`, calling `at` after every event and between them at least every `step`. */
  run(until: Milliseconds, step: Milliseconds = until, at?: (now: Milliseconds) => void): void {
    let nextStep = milliseconds(this.now + step);
    while (this.now < until) {
      const next = Math.min(until, at === undefined ? until : nextStep, this.#nextEvent());
      this.now = milliseconds(Math.max(this.now, next));
      this.#deliver();
      this.client.end.settle(this.now);
      this.server.end.settle(this.now);
      this.#collectEvents();
      if (at !== undefined && this.now >= nextStep) {
        at(this.now);
        nextStep = milliseconds(nextStep + step);
      }
    }
  }

  /** Runs until both ends have every link up, and returns whether they had before `limit`. */
  connect(limit: Milliseconds = seconds(10)): boolean {
    const isConnected = (): boolean =>
      this.client.links.every((link) => link.isUp) &&
      this.serverTunnel?.links.filter((link) => link.isUp).length === this.client.links.length;
    while (this.now < limit && !isConnected()) this.run(milliseconds(this.now + 10));
    return isConnected();
  }

  /** Puts the client's end in place of a new one, which knows nothing of the old. */
  restartClient(): void {
    this.client = this.#makeClient();
  }

  restartServer(): void {
    this.server = this.#makeServer();
  }

  /** Gives the client another address on a line, as a NAT does that forgot the old one. */
  moveClient(line: number, place: Place): void {
    this.#places[line] = place;
    this.client.end.move(line, place);
  }

  /** Puts a datagram in front of an end as if it had come over a line. */
  inject(datagram: Datagram, line: number, isUp: boolean): void {
    if (isUp) this.server.end.receive(datagram, 0, this.now);
    else this.client.end.receive(datagram, line, this.now);
    this.#collectEvents();
  }

  #makeServer(): SimulatedServer {
    const { random } = this.#crypto;
    const end = new SimulatedEnd([SERVER], random, (datagram, _, now) => this.#send(datagram, false, now));
    const ip4 = parseIpPrefix("10.44.43.1/24");
    if (ip4 === undefined) throw new Error("the pool's prefix is wrong");
    const bundles = new Bundles({
      host: end.host,
      random,
      secrets: [{ secret: this.#secret, owner: { kind: "everybody" } }],
      clients: [],
      ip4,
      ip6: undefined,
      dns: [],
      allowsClientToClient: false,
      maxClients: 100,
      mrru: this.#options.mrru ?? 1500,
      classes: CLASSES,
      reorderWait: milliseconds(400),
      tunnelMtu: undefined,
      ratesFor: () => ({ sendRate: undefined, receiveRate: undefined }),
    });
    const responder = new Responder({
      host: end.host,
      crypto: this.#crypto,
      reception: bundles,
      ciphers: ["aes-256-gcm"],
      lineMtu: 1500,
      deadAfter: undefined,
      version: "sim",
    });
    end.host.setHandshakeReceiver(responder);
    return { end, bundles };
  }

  #makeClient(): SimulatedClient {
    const { random } = this.#crypto;
    const end = new SimulatedEnd(this.#places, random, (datagram, _, now) => this.#send(datagram, true, now));
    const tunnel = end.host.addTunnel({
      name: "client",
      role: "initiator",
      scheduler: new WeightedScheduler(),
      mrru: this.#options.mrru ?? 1500,
      classes: CLASSES,
      reorderWait: milliseconds(400),
      filter: undefined,
      endpointDiscriminator: Uint8Array.of(1, ...random(8)),
    });
    const initiator = new Initiator({
      host: end.host,
      tunnel,
      crypto: this.#crypto,
      secret: this.#secret,
      clientName: "client",
      ciphers: ["aes-256-gcm"],
      ip4: undefined,
      ip6: undefined,
      keepalive: seconds(5),
      deadAfter: undefined,
      version: "sim",
    });
    end.host.setHandshakeReceiver(initiator);
    const links = this.#options.lines.map((line, index) => this.#addLink(end, tunnel, initiator, line, index));
    end.settle(this.now);
    return { end, tunnel, links };
  }

  #addLink(end: SimulatedEnd, tunnel: Tunnel, initiator: Initiator, line: SimulatedLine, index: number): MemberLink {
    const link = initiator.addLink(
      {
        name: `line${index}`,
        discriminator: index,
        sendRate: bytesPerSecond(line.uploadRate ?? rateOf(line.up)),
        receiveRate: bytesPerSecond(line.downloadRate ?? rateOf(line.down)),
        mtu: bytes(1500),
      },
      this.now,
    );
    const outlet = end.outlets[index];
    if (outlet === undefined) throw new Error("a line has no socket");
    tunnel.setUplink(link, { outlet, peer: end.record(SERVER), detail: "simulated" }, this.now);
    end.host.touch(tunnel);
    return link;
  }

  #send(datagram: Datagram, isUp: boolean, now: Milliseconds): void {
    const place = isUp ? datagram.from : datagram.to;
    const line = this.#places.findIndex(({ host, port }) => host === place.host && port === place.port);
    const emulator = (isUp ? this.ups : this.downs)[line];
    this.recorded?.push({ datagram, line, isUp });
    emulator?.send(datagram, bytes(datagram.bytes.length + UDP_AND_IP), now);
  }

  #deliver(): void {
    for (const [line, up] of this.ups.entries()) {
      up.receive(
        this.now,
        this.#receiver((datagram) => this.server.end.receive(datagram, 0, this.now)),
      );
      const toClient = this.#receiver((datagram) => this.client.end.receive(datagram, line, this.now));
      this.downs[line]?.receive(this.now, toClient);
    }
  }

  #receiver(take: (datagram: Datagram) => void): Deliver<Datagram> {
    return (datagram, corruptedBit) => {
      if (corruptedBit < 0) return take(datagram);
      const flipped = datagram.bytes.slice();
      const bit = corruptedBit % (flipped.length * 8);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      take({ ...datagram, bytes: flipped });
    };
  }

  #nextEvent(): number {
    const lines = [...this.ups, ...this.downs].map((line) => line.nextTimeout());
    return Math.min(this.client.end.host.nextTimeout(), this.server.end.host.nextTimeout(), ...lines);
  }

  #collectEvents(): void {
    for (const event of this.client.end.host.takeEvents())
      this.events.push({ ...event, end: "client", at: this.now });
    for (const event of this.server.end.host.takeEvents()) {
      this.events.push({ ...event, end: "server", at: this.now });
      this.server.bundles.handleEvent(event);
    }
  }
}

function rateOf({ rate }: Partial<LineOptions>): number {
  return typeof rate === "number" ? rate : UNLIMITED;
}
