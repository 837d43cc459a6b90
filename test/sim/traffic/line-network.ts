import { bytes, earliest, type Milliseconds, milliseconds } from "../../../shared/protocol/units.ts";
import { type Deliver, LineEmulator } from "../../emulator/line-emulator.ts";
import type { LineOptions } from "../../emulator/line-options.ts";
import { Arrivals, HEAD_SIZE } from "./arrivals.ts";
import type { LineChange } from "./line-change.ts";
import type { Arrival, Network, Side } from "./network.ts";

const LARGEST_PACKET = 1500;
const CLIENT_ADDRESS = [198, 51, 100, 1];

/** One plain line without a tunnel as a network. */
export class LineNetwork implements Network {
  now = milliseconds(0);
  readonly mtu: number;
  readonly clientAddress: readonly number[] = CLIENT_ADDRESS;
  readonly up: LineEmulator<Uint8Array>;
  readonly down: LineEmulator<Uint8Array>;
  readonly #arrivals = new Arrivals();
  readonly #heads = new HeadPool();
  readonly #toInternet = this.#arrivalAt("internet");
  readonly #toClient = this.#arrivalAt("client");

  constructor(line: { readonly up: Partial<LineOptions>; readonly down: Partial<LineOptions> }, seed: number) {
    const owner = { discard: this.#heads.release, copy: (head: Uint8Array) => this.#heads.take(head) };
    this.up = new LineEmulator(line.up, seed * 2, owner);
    this.down = new LineEmulator(line.down, seed * 2 + 1, owner);
    this.mtu = Math.min(LARGEST_PACKET, this.up.options.mtu, this.down.options.mtu);
  }

  /** Lets a change of this line happen now. */
  apply(change: LineChange): void {
    for (const way of ["up", "down"] as const) {
      const line = this[way];
      if (change.kind === "options") line.change(change[way] ?? {}, this.now);
      else line[change.kind](this.now);
    }
  }

  send(from: Side, packet: Uint8Array): void {
    const line = from === "client" ? this.up : this.down;
    line.send(this.#heads.take(packet), bytes(packet.length), this.now);
  }

  nextTimeout(): Milliseconds {
    return earliest(this.up.nextTimeout(), this.down.nextTimeout());
  }

  advance(until: Milliseconds): void {
    this.now = milliseconds(Math.max(this.now, until));
    this.up.receive(this.now, this.#toInternet);
    this.down.receive(this.now, this.#toClient);
  }

  receive(take: Arrival): void {
    this.#arrivals.take(take);
  }

  // A checksum would find a damaged packet.
  #arrivalAt(side: Side): Deliver<Uint8Array> {
    return (head, corruptedBit) => {
      if (corruptedBit < 0) this.#arrivals.add(side, head);
      this.#heads.release(head);
    };
  }
}

/** Heads of packets under way, which are used again and again. */
class HeadPool {
  readonly #free: Uint8Array[] = [];

  /** A copy of a packet's head. */
  take(packet: Uint8Array): Uint8Array {
    const head = this.#free.pop() ?? new Uint8Array(HEAD_SIZE);
    head.set(packet.length > HEAD_SIZE ? packet.subarray(0, HEAD_SIZE) : packet);
    return head;
  }

  readonly release = (head: Uint8Array): void => {
    this.#free.push(head);
  };
}
