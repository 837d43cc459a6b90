import { earliest, type Milliseconds, milliseconds, NEVER } from "../../../shared/protocol/units.ts";
import { PassageQueue } from "../../emulator/passage.ts";
import { PROTOCOL } from "./ip4.ts";
import type { Network, Side } from "./network.ts";

/** The address of the host on the internet. */
export const INTERNET_ADDRESS: readonly number[] = [192, 0, 2, 1];

const ICMP_FLOWS = 65_536;

/** One conversation between the two sides. It may send through the `Traffic` that it was given to, at any time. */
export interface Flow {
  /** Takes a packet of its own that has arrived at a side. */
  receive(at: Side, packet: Uint8Array, now: Milliseconds): void;
  handleTimeout(now: Milliseconds): void;
  nextTimeout(): Milliseconds;
}

/** What is around the network. */
export type TrafficOptions = {
  /** Between server and internet host, one way; none when absent. */
  readonly internetDelay?: Milliseconds;
  /**
   * Everything happens at multiples of this time, late rather than early, as with a kernel's timers and batches; exactly
   * when it is due when absent. Above a packet's time on the lines this saves most of a simulation's work.
   */
  readonly granularity?: Milliseconds;
};

type Delayed = { readonly to: "network" | "host"; readonly packet: Uint8Array };

/** Flows over a network, in virtual time. */
export class Traffic {
  readonly network: Network;
  readonly #internetDelay: number;
  readonly #granularity: number;
  readonly #flows = new Map<number, Flow>();
  readonly #delayed = new PassageQueue<Delayed>();
  #nextPort = 10_000;

  constructor(network: Network, options: TrafficOptions = {}) {
    this.network = network;
    this.#internetDelay = options.internetDelay ?? 0;
    this.#granularity = options.granularity ?? 0;
  }

  get now(): Milliseconds {
    return this.network.now;
  }

  /** A client port, or ICMP identifier, that no flow had before. */
  takePort(): number {
    return this.#nextPort++;
  }

  /** Gives a flow the packets of a client port. */
  add(port: number, flow: Flow): void {
    this.#flows.set(port, flow);
  }

  /** Gives a flow the ICMP packets of an identifier. */
  addEcho(identifier: number, flow: Flow): void {
    this.#flows.set(ICMP_FLOWS + identifier, flow);
  }

  remove(port: number): void {
    this.#flows.delete(port);
  }

  /** Sends a packet, whose bytes may be used again after. */
  send(from: Side, packet: Uint8Array): void {
    if (from === "client" || this.#internetDelay === 0) this.network.send(from, packet);
    else this.#delay("network", packet.slice());
  }

  /** Lets time pass until `until`. */
  run(until: Milliseconds): void {
    while (this.now < until) {
      const ofNetwork = this.network.nextTimeout();
      const due = Math.max(this.now, Math.min(ofNetwork, this.#nextTimeout()));
      const next = Math.min(until, this.#rounded(due));
      if (next > this.now || ofNetwork <= next) this.network.advance(milliseconds(next));
      this.#settle();
    }
  }

  #rounded(due: number): number {
    if (this.#granularity === 0 || due === this.now) return due;
    return Math.max(due, Math.ceil(due / this.#granularity) * this.#granularity);
  }

  #settle(): void {
    this.network.receive((at, packet) => {
      if (at === "internet" && this.#internetDelay > 0) this.#delay("host", packet.slice());
      else this.#deliver(at, packet);
    });
    for (
      let first = this.#delayed.first();
      first !== undefined && first.at <= this.now;
      first = this.#delayed.first()
    ) {
      this.#delayed.shift();
      const { to, packet } = first.item;
      if (to === "network") this.network.send("internet", packet);
      else this.#deliver("internet", packet);
    }
    for (const flow of this.#flows.values()) if (flow.nextTimeout() <= this.now) flow.handleTimeout(this.now);
  }

  #nextTimeout(): Milliseconds {
    let next: Milliseconds = milliseconds(this.#delayed.first()?.at ?? NEVER);
    for (const flow of this.#flows.values()) next = earliest(next, flow.nextTimeout());
    return next;
  }

  #deliver(at: Side, packet: Uint8Array): void {
    this.#flows.get(keyOf(at, packet))?.receive(at, packet, this.now);
  }

  #delay(to: Delayed["to"], packet: Uint8Array): void {
    const at = this.now + this.#internetDelay;
    this.#delayed.push({ item: { to, packet }, size: packet.length, at, order: 0, corruptedBit: -1 });
  }
}

function keyOf(at: Side, packet: Uint8Array): number {
  const word = (offset: number): number => ((packet[offset] ?? 0) << 8) | (packet[offset + 1] ?? 0);
  if (packet[9] === PROTOCOL.icmp) return ICMP_FLOWS + word(24);
  return word(at === "client" ? 22 : 20);
}
