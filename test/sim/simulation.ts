import type { LinkFilter } from "../../shared/protocol/pinning/link-filters.ts";
import type { SchedulerName } from "../../shared/protocol/scheduler/schedulers.ts";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { type SecretKey, secretKeyOf } from "../../shared/protocol/session/key-id.ts";
import type { Tunnel } from "../../shared/protocol/tunnel.ts";
import type { HostEvent } from "../../shared/protocol/tunnel-host.ts";
import { bytes, type Milliseconds, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { type Deliver, LineEmulator } from "../emulator/line-emulator.ts";
import { Random } from "../emulator/random.ts";
import { keyPairOf } from "../support/session-handshake.ts";
import { makeSimulatedClient, type SimulatedClient, type SimulatedLine } from "./simulated-client.ts";
import type { Datagram, Place, Transmit } from "./simulated-end.ts";
import { makeSimulatedServer, type SimulatedServer } from "./simulated-server.ts";

const UDP_AND_IP = 28;

// A core that asks to be called at once again and again would keep a daemon's processor busy.
const MOST_ROUNDS_PER_MILLISECOND = 2000;

/** What a simulation is made of. */
export type SimulationOptions = {
  /** The lines of each client. */
  readonly lines: readonly SimulatedLine[];
  readonly seed: number;
  readonly crypto: HandshakeCrypto;
  readonly mrru?: number;
  /** Of both ends; earliest arrival when absent. */
  readonly scheduler?: SchedulerName;
  /** Of every client; its links are called line0, line1 and so on. None when absent. */
  readonly filters?: readonly LinkFilter[];
  /** How many clients there are, each with lines of its own; one when absent. */
  readonly clients?: number;
  /** How many packets may wait in a client; many when absent. */
  readonly clientCells?: number;
  readonly allowsClientToClient?: boolean;
  /** How many clients the server lets in; 100 when absent. */
  readonly maxClients?: number;
};

/** A datagram that was put on a line. */
export type Recorded = { readonly datagram: Datagram; readonly line: number; readonly isUp: boolean };

/** What happened at one end, and when. */
export type SimulatedEvent = HostEvent & { readonly end: "client" | "server"; readonly at: Milliseconds };

/**
 * Clients and a server with every line between them, in virtual time. Lines are numbered through: those of the first
 * client come first. Throws when an end asks to be called all the time.
 */
export class Simulation {
  readonly ups: readonly LineEmulator<Datagram>[];
  readonly downs: readonly LineEmulator<Datagram>[];
  readonly clients: SimulatedClient[];
  server: SimulatedServer;
  now: Milliseconds = milliseconds(0);
  /** Everything that happened, in order, of all ends. */
  readonly events: SimulatedEvent[] = [];
  /** Every datagram that was put on a line, when it is set. */
  recorded: Recorded[] | undefined;
  /** Which datagrams come onto the lines at all. */
  passes: (datagram: Datagram) => boolean = () => true;
  readonly #options: SimulationOptions;
  readonly #crypto: HandshakeCrypto;
  readonly #secret: SecretKey;
  readonly #places: Place[];
  #rounds = 0;
  #roundsSince = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    const dice = new Random(options.seed);
    const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => dice.below(256));
    const generateKeyPair = () => keyPairOf(options.crypto, random(32));
    this.#crypto = { ...options.crypto, random, generateKeyPair };
    this.#secret = secretKeyOf(this.#crypto, random(32));
    const count = options.clients ?? 1;
    const lines = Array.from({ length: count }, () => options.lines).flat();
    this.ups = lines.map((line, index) => new LineEmulator(line.up, options.seed * 1024 + index));
    this.downs = lines.map((line, index) => new LineEmulator(line.down, options.seed * 1024 + 512 + index));
    this.#places = lines.map((_, index) => ({ host: 1 + index, port: 40_000 + index }));
    this.server = this.#makeServer();
    this.clients = Array.from({ length: count }, (_, index) => this.#makeClient(index));
  }

  /** The first client, which is the only one of most simulations. */
  get client(): SimulatedClient {
    const [first] = this.clients;
    if (first === undefined) throw new Error("a simulation without clients");
    return first;
  }

  /** The server's tunnel of a client, once it is established. */
  get serverTunnel(): Tunnel | undefined {
    return this.tunnelOf(0);
  }

  /** The address that the first client was given, as four numbers. */
  get clientAddress(): readonly number[] {
    return this.addressOf(0);
  }

  tunnelOf(client: number): Tunnel | undefined {
    return this.#bundleOf(client)?.tunnel;
  }

  addressOf(client: number): readonly number[] {
    return [...(this.#bundleOf(client)?.ip4?.bytes ?? [0, 0, 0, 0])];
  }

  /** Lets time pass until `until`, calling `at` after every event and between them at least every `step`. */
  run(until: Milliseconds, step: Milliseconds = until, at?: (now: Milliseconds) => void): void {
    let nextStep = milliseconds(this.now + step);
    while (this.now < until) {
      const next = Math.min(until, at === undefined ? until : nextStep, this.#nextEvent());
      this.now = milliseconds(Math.max(this.now, next));
      this.#countRound();
      this.#deliver();
      for (const { end } of this.clients) end.settle(this.now);
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
    while (this.now < limit && !this.isConnected) this.run(milliseconds(this.now + 10));
    return this.isConnected;
  }

  /** Whether both ends have every link of every client up. */
  get isConnected(): boolean {
    return this.clients.every(({ links }, index) => {
      const upThere = this.tunnelOf(index)?.links.filter((link) => link.isUp).length ?? 0;
      return links.every((link) => link.isUp) && upThere === links.length;
    });
  }

  /** Puts the first client's end in place of a new one, which knows nothing of the old. */
  restartClient(): void {
    this.clients[0] = this.#makeClient(0);
  }

  restartServer(): void {
    this.server = this.#makeServer();
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

  /** Gives the client another address on a line, as a NAT does that forgot the old one. */
  moveClient(line: number, place: Place): void {
    const perClient = this.#options.lines.length;
    this.#places[line] = place;
    this.clients[Math.floor(line / perClient)]?.end.move(line % perClient, place);
  }

  /** Puts a datagram in front of an end as if it had come over a line. */
  inject(datagram: Datagram, line: number, isUp: boolean): void {
    if (isUp) this.server.end.receive(datagram, 0, this.now);
    else this.#receiveAtClient(datagram, line);
    this.#collectEvents();
  }

  #bundleOf(client: number) {
    return this.server.bundles.established().find((bundle) => bundle.client === nameOf(client));
  }

  #makeServer(): SimulatedServer {
    const {
      mrru = 1500,
      scheduler = "earliest-arrival",
      allowsClientToClient = false,
      maxClients = 100,
    } = this.#options;
    const transmit: Transmit = (datagram, _, now) => this.#send(datagram, false, now);
    const [crypto, secret] = [this.#crypto, this.#secret];
    return makeSimulatedServer({ crypto, secret, mrru, scheduler, allowsClientToClient, maxClients, transmit });
  }

  #makeClient(index: number): SimulatedClient {
    const { lines, mrru = 1500, scheduler = "earliest-arrival", clientCells: cells, filters } = this.#options;
    const transmit: Transmit = (datagram, _, now) => this.#send(datagram, true, now);
    const places = this.#places.slice(index * lines.length, (index + 1) * lines.length);
    const [name, crypto, secret] = [nameOf(index), this.#crypto, this.#secret];
    return makeSimulatedClient(
      { name, crypto, secret, mrru, scheduler, lines, places, transmit, cells, filters },
      this.now,
    );
  }

  #send(datagram: Datagram, isUp: boolean, now: Milliseconds): void {
    const place = isUp ? datagram.from : datagram.to;
    const line = this.#places.findIndex(({ host, port }) => host === place.host && port === place.port);
    const emulator = (isUp ? this.ups : this.downs)[line];
    this.recorded?.push({ datagram, line, isUp });
    if (this.passes(datagram)) emulator?.send(datagram, bytes(datagram.bytes.length + UDP_AND_IP), now);
  }

  #deliver(): void {
    for (const [line, up] of this.ups.entries()) {
      up.receive(
        this.now,
        receiver((datagram) => this.server.end.receive(datagram, 0, this.now)),
      );
      const toClient = receiver((datagram) => this.#receiveAtClient(datagram, line));
      this.downs[line]?.receive(this.now, toClient);
    }
  }

  #receiveAtClient(datagram: Datagram, line: number): void {
    const perClient = this.#options.lines.length;
    this.clients[Math.floor(line / perClient)]?.end.receive(datagram, line % perClient, this.now);
  }

  #nextEvent(): number {
    let next = this.server.end.host.nextTimeout();
    for (const { end } of this.clients) next = milliseconds(Math.min(next, end.host.nextTimeout()));
    for (const line of this.ups) next = milliseconds(Math.min(next, line.nextTimeout()));
    for (const line of this.downs) next = milliseconds(Math.min(next, line.nextTimeout()));
    return next;
  }

  #countRound(): void {
    if (Math.floor(this.now) !== this.#roundsSince) {
      this.#roundsSince = Math.floor(this.now);
      this.#rounds = 0;
    }
    this.#rounds++;
    if (this.#rounds > MOST_ROUNDS_PER_MILLISECOND) throw new Error(`time stands still at ${this.now} ms`);
  }

  #collectEvents(): void {
    for (const { end } of this.clients) {
      for (const event of end.host.takeEvents()) this.events.push({ ...event, end: "client", at: this.now });
    }
    for (const event of this.server.end.host.takeEvents()) {
      this.events.push({ ...event, end: "server", at: this.now });
      this.server.bundles.handleEvent(event);
    }
  }
}

function nameOf(client: number): string {
  return `client${client}`;
}

function receiver(take: (datagram: Datagram) => void): Deliver<Datagram> {
  return (datagram, corruptedBit) => {
    if (corruptedBit < 0) return take(datagram);
    const flipped = datagram.bytes.slice();
    const bit = corruptedBit % (flipped.length * 8);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    take({ ...datagram, bytes: flipped });
  };
}
