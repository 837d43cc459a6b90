import {
  NO_KEY,
  RECEIVE_COLUMN_COUNT,
  TRANSMIT_COLUMN_COUNT,
  TRANSMIT_COLUMNS,
  UdpSocket,
  writeAddressRecord,
} from "dgram-native";
import { TunDevice } from "tun-tap-linux";
import { Arena } from "../../../shared/protocol/packet/arena.ts";
import { DeliveryBatch } from "../../../shared/protocol/packet/delivery-batch.ts";
import { PacketBatch } from "../../../shared/protocol/packet/packet-batch.ts";
import { runCommand } from "../../lab/toolkit/run-command.ts";
import type { StepTime } from "./step-time.ts";
import { Stopwatch } from "./stopwatch.ts";

const DEVICE = "bench0";
const OWN_ADDRESS = "10.99.0.1";
const PEER_ADDRESS = "10.99.0.2";
const PEER_PORT = 9;
const PACKETS = 256;
const PAYLOAD = 1372;
const ROWS = 1024;
const SCRATCH = 4 << 20;
const STRIDE = 2048;
const PACKET_SIZE = 1400;
const QUEUE_PACKETS = 1000;
const WARM_UP_ROUNDS = 500;
const ROUNDS = 500;
const SOURCE = 12;
const DESTINATION = 16;
const SOURCE_PORT = 20;
const DESTINATION_PORT = 22;

/**
 * Reads super-packets of UDP from a TUN device, cuts them, and writes the packets back to where they came from, joined.
 * Makes a device in the namespace that it runs in. Answers the nanoseconds per packet of 1400 bytes.
 */
export async function measureTun(samples: number): Promise<StepTime[]> {
  const mirror = new Mirror();
  await runCommand("ip", ["address", "add", `${OWN_ADDRESS}/24`, "dev", DEVICE]);
  for (let round = 0; round < WARM_UP_ROUNDS; round++) mirror.turn();
  mirror.takeTimes();
  const times: StepTime[] = [];
  for (let sample = 0; sample < samples; sample++) {
    for (let round = 0; round < ROUNDS; round++) mirror.turn();
    times.push(...mirror.takeTimes());
  }
  mirror.close();
  return times;
}

class Mirror {
  readonly #arena = new Arena(4 * SCRATCH);
  readonly #scratch = this.#arena.reserve(SCRATCH);
  readonly #area = this.#arena.reserve(PACKETS * STRIDE);
  readonly #record = this.#arena.reserve(64);
  readonly #device = TunDevice.open({ name: DEVICE, kind: "tun" });
  readonly #socket = UdpSocket.open({ family: 4, sendBufferBytes: 4 << 20, receiveBufferBytes: 4 << 20 });
  readonly #outgoing = new Int32Array(PACKETS * TRANSMIT_COLUMN_COUNT);
  readonly #incoming = new Int32Array(ROWS * RECEIVE_COLUMN_COUNT);
  readonly #packets = new PacketBatch(ROWS);
  readonly #delivery = new DeliveryBatch(ROWS);
  readonly #reading = new Stopwatch();
  readonly #writing = new Stopwatch();

  constructor() {
    this.#device.setTransmitQueueLength(QUEUE_PACKETS);
    this.#device.setUp();
    writeAddressRecord(this.#arena.bytes, this.#record, { address: PEER_ADDRESS, port: PEER_PORT });
    for (let row = 0; row < PACKETS; row++) {
      this.#outgoing[TRANSMIT_COLUMNS.bodyOffset * PACKETS + row] = this.#area + row * STRIDE;
      this.#outgoing[TRANSMIT_COLUMNS.bodyLength * PACKETS + row] = PAYLOAD;
      this.#outgoing[TRANSMIT_COLUMNS.keySlot * PACKETS + row] = NO_KEY;
      this.#outgoing[TRANSMIT_COLUMNS.addressOffset * PACKETS + row] = this.#record;
    }
  }

  /** Sends a batch through the device and lets it come back. */
  turn(): void {
    const { bytes } = this.#arena;
    this.#socket.send(null, bytes, this.#outgoing, PACKETS, 0, PACKETS);
    let count = 0;
    while (count < PACKETS) {
      this.#reading.start();
      const { columns, capacity } = this.#packets;
      const rows = this.#device.read(bytes, this.#scratch, SCRATCH, columns, capacity);
      this.#reading.stop();
      if (rows === 0) throw new Error(`only ${count} of ${PACKETS} packets came through the device`);
      for (let row = 0; row < rows; row++) this.#turnBack(row);
      count += rows;
    }
    this.#writing.start();
    const { columns, capacity, count: written } = this.#delivery;
    const refused = this.#device.write(bytes, columns, capacity, written);
    this.#writing.stop();
    if (refused > 0) throw new Error(`the device refused ${refused} packets`);
    this.#delivery.clear();
    while (this.#socket.receive(bytes, this.#scratch, SCRATCH, this.#incoming, ROWS) > 0);
    for (const watch of [this.#reading, this.#writing]) watch.lap();
  }

  /** The times of all rounds since this was asked last. */
  takeTimes(): StepTime[] {
    return [
      { step: "read and cut", isCore: false, nanoseconds: this.#reading.takePerPacket(PACKETS) },
      { step: "join and write", isCore: false, nanoseconds: this.#writing.takePerPacket(PACKETS) },
    ];
  }

  close(): void {
    this.#socket.close();
    this.#device.close();
  }

  // Sums of one's complement do not change when addresses and ports change places, so that checksums stay right.
  #turnBack(row: number): void {
    const { bytes } = this.#arena;
    const packets = this.#packets;
    const place = this.#area + this.#delivery.count * STRIDE;
    const [head, headLength] = [packets.headOffset(row), packets.headLength(row)];
    const [body, bodyLength] = [packets.bodyOffset(row), packets.bodyLength(row)];
    if (headLength + bodyLength !== PACKET_SIZE) return;
    bytes.copyWithin(place, head, head + headLength);
    bytes.copyWithin(place + headLength, body, body + bodyLength);
    for (let index = 0; index < 4; index++) swap(bytes, place + SOURCE + index, place + DESTINATION + index);
    for (let index = 0; index < 2; index++)
      swap(bytes, place + SOURCE_PORT + index, place + DESTINATION_PORT + index);
    this.#delivery.add(place, PACKET_SIZE, packets.flags(row));
  }
}

function swap(bytes: Uint8Array, one: number, other: number): void {
  const held = bytes[one] ?? 0;
  bytes[one] = bytes[other] ?? 0;
  bytes[other] = held;
}
