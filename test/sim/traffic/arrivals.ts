import type { Arrival, Side } from "./network.ts";

/** How many bytes of a packet, from its start, an arrival shows: more than all headers that flows look at. */
export const HEAD_SIZE = 128;

type Arrived = { side: Side; readonly head: Uint8Array };

/** The heads of packets that have arrived and wait to be handed over. */
export class Arrivals {
  readonly #queue: Arrived[] = [];
  #count = 0;

  /** Copies the head of a packet. */
  add(at: Side, packet: Uint8Array): void {
    let arrived = this.#queue[this.#count];
    if (arrived === undefined) {
      arrived = { side: at, head: new Uint8Array(HEAD_SIZE) };
      this.#queue.push(arrived);
    }
    this.#count++;
    arrived.side = at;
    arrived.head.set(packet.length > HEAD_SIZE ? packet.subarray(0, HEAD_SIZE) : packet);
  }

  /** Hands everything over, also what is added meanwhile. */
  take(take: Arrival): void {
    for (let index = 0; index < this.#count; index++) {
      const arrived = this.#queue[index];
      if (arrived !== undefined) take(arrived.side, arrived.head);
    }
    this.#count = 0;
  }
}
