import { DeliveryBatch } from "../../../shared/protocol/packet/delivery-batch.ts";
import type { PacketBatch } from "../../../shared/protocol/packet/packet-batch.ts";
import { bytes, type Milliseconds } from "../../../shared/protocol/units.ts";
import { LineEmulator } from "../../emulator/line-emulator.ts";
import type { LineOptions } from "../../emulator/line-options.ts";
import type { PacketStore } from "./packet-store.ts";

const DELIVERED_AT_ONCE = 256;

/** Writes the packets of a batch, which lie in an arena, to where a line ends. */
export type WritePackets = (packets: DeliveryBatch) => void;

/** One direction of a line between two devices: takes batches of packets, and writes each when it has arrived. */
export class RelayedDirection {
  readonly emulator: LineEmulator<number>;
  readonly #store: PacketStore;
  readonly #write: WritePackets;
  readonly #arrived = new DeliveryBatch(DELIVERED_AT_ONCE);
  readonly #deliver = (slot: number, corruptedBit: number): void => this.#arrive(slot, corruptedBit);

  constructor(options: Partial<LineOptions>, seed: number, store: PacketStore, write: WritePackets) {
    this.#store = store;
    this.#write = write;
    this.emulator = new LineEmulator(options, seed, {
      discard: (slot) => store.release(slot),
      copy: (slot) => store.copy(slot),
    });
  }

  /** Puts the packets of a batch into the line. Throws when the store has no place for one. */
  take(packets: PacketBatch, now: Milliseconds): void {
    for (let row = 0; row < packets.count; row++) {
      const length = packets.headLength(row) + packets.bodyLength(row);
      const slot = this.#store.put(packets.headOffset(row), length);
      this.emulator.send(slot, bytes(length), now);
    }
  }

  /** Writes all that has arrived by `now`. */
  deliver(now: Milliseconds): void {
    if (this.emulator.receive(now, this.#deliver) > 0) this.#flush();
  }

  #arrive(slot: number, corruptedBit: number): void {
    if (corruptedBit >= 0) this.#store.flip(slot, corruptedBit);
    if (this.#arrived.isFull) this.#flush();
    this.#arrived.add(slot, this.#store.length(slot), 0);
  }

  #flush(): void {
    this.#write(this.#arrived);
    for (let row = 0; row < this.#arrived.count; row++) this.#store.release(this.#arrived.offset(row));
    this.#arrived.clear();
  }
}
