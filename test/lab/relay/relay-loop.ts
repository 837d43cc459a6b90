import { Poller } from "dgram-native";
import { TunDevice } from "tun-tap-linux";
import type { DeliveryBatch } from "../../../shared/protocol/packet/delivery-batch.ts";
import { PacketBatch } from "../../../shared/protocol/packet/packet-batch.ts";
import { type Milliseconds, milliseconds, NEVER } from "../../../shared/protocol/units.ts";
import type { Direction, RelayCounts, RelayLine, RelayOrder } from "./messages.ts";
import { PacketStore, SLOT_BYTES } from "./packet-store.ts";
import { RelayedDirection } from "./relayed-direction.ts";

const READ_AT_ONCE = 128;
// A read wants room for a packet of 64 KiB after what it has already read.
const READ_BYTES = (READ_AT_ONCE + 34) * SLOT_BYTES;
const SLOTS = 16_384;
// Turns are at least so far apart: measured at 100 Mbit/s, a turn for every packet takes half as much CPU again.
const TURN_INTERVAL = 0.4;

const NOBODY = new Int32Array(new SharedArrayBuffer(4));

type RelayedLine = Readonly<Record<Direction, RelayedDirection>>;

/** The relay's lines and the loop that moves their packets, in a thread of its own. */
export class RelayLoop {
  readonly #poller = new Poller();
  readonly #store = new PacketStore(READ_BYTES, SLOTS);
  readonly #packets = new PacketBatch(READ_AT_ONCE);
  readonly #lines = new Map<string, RelayedLine>();
  readonly #directions: RelayedDirection[] = [];
  readonly #sources = new Map<number, { readonly device: TunDevice; readonly direction: RelayedDirection }>();
  readonly #readyFds = new Int32Array(64);
  readonly #readyMasks = new Int32Array(64);
  #lastTurn = milliseconds(0);

  /** What wakes the loop from another thread. */
  get wakeFd(): number {
    return this.#poller.wakeFd;
  }

  /** Carries out an order; answers counters when they were asked for. Throws for a line that is not there. */
  obey(order: RelayOrder): RelayCounts | undefined {
    const now = clock();
    if (order.kind === "open") {
      for (const line of order.lines) this.#open(line);
      return undefined;
    }
    const line = this.#lines.get(order.line);
    if (line === undefined) throw new Error(`there is no line ${order.line}`);
    if (order.kind === "counts") return { up: line.up.emulator.counts(), down: line.down.emulator.counts() };
    if (order.kind === "change") {
      if (order.options.up !== undefined) line.up.emulator.change(order.options.up, now);
      if (order.options.down !== undefined) line.down.emulator.change(order.options.down, now);
      return undefined;
    }
    for (const direction of order.directions) line[direction].emulator[order.kind](now);
    return undefined;
  }

  /** Waits for packets, times and a wake-up, and does what is due. */
  turn(): void {
    const rest = this.#lastTurn + TURN_INTERVAL - clock();
    if (rest > 0) Atomics.wait(NOBODY, 0, 0, rest);
    const ready = this.#poller.wait(this.#untilNext(), this.#readyFds, this.#readyMasks);
    const now = clock();
    // Packets that came during the rest are taken to have come in the middle of it.
    const arrival = milliseconds(rest > 0 ? Math.max(this.#lastTurn, now - TURN_INTERVAL / 2) : now);
    for (let index = 0; index < ready; index++) this.#read(this.#readyFds[index] ?? -1, arrival);
    for (const direction of this.#directions) direction.deliver(now);
    this.#lastTurn = now;
  }

  #untilNext(): number {
    let next = NEVER;
    for (const { emulator } of this.#directions) next = milliseconds(Math.min(next, emulator.nextTimeout()));
    return Math.max(0, next - clock());
  }

  #read(fd: number, now: Milliseconds): void {
    const source = this.#sources.get(fd);
    if (source === undefined) return;
    const { columns, capacity } = this.#packets;
    this.#packets.count = source.device.read(this.#store.arena, 0, READ_BYTES, columns, capacity);
    source.direction.take(this.#packets, now);
  }

  #open({ name, homeDevice, internetDevice, up, down, seed }: RelayLine): void {
    const home = openDevice(homeDevice);
    const internet = openDevice(internetDevice);
    const { arena } = this.#store;
    const writeTo = (device: TunDevice) => (packets: DeliveryBatch) => {
      device.write(arena, packets.columns, packets.capacity, packets.count);
    };
    const line = {
      up: new RelayedDirection(up, seed, this.#store, writeTo(internet)),
      down: new RelayedDirection(down, seed + 0x10000, this.#store, writeTo(home)),
    };
    this.#lines.set(name, line);
    this.#directions.push(line.up, line.down);
    this.#watch(home, line.up);
    this.#watch(internet, line.down);
  }

  #watch(device: TunDevice, direction: RelayedDirection): void {
    this.#sources.set(device.fd, { device, direction });
    this.#poller.set(device.fd, { readable: true, writable: false });
  }
}

const openDevice = (name: string): TunDevice => TunDevice.open({ name, kind: "tun", offload: false });

const clock = (): Milliseconds => milliseconds(performance.now());
