// UDP at an offered load: waits for orders over its channel and carries out one after another, without a break. Packets
// leave one by one, as from a program that knows no segmentation offload.
import { setPriority } from "node:os";
import process from "node:process";
import {
  monotonicMilliseconds,
  NO_KEY,
  Poller,
  TRANSMIT_COLUMN_COUNT,
  TRANSMIT_COLUMNS,
  UdpSocket,
  writeAddressRecord,
} from "dgram-native";
import { integer, number, object, parse, pipe, string } from "valibot";
import type { LoadOrder, LoadReport } from "./udp-messages.ts";

// What was late is not sent in one burst: what no queue could hold would be the sender's fault and nobody else's.
const LARGEST_BURST = 128;
const TICK_MS = 0.1;
const PAYLOAD_OFFSET = 64;
// What is not sent or taken in time says nothing of the subject.
const PRECEDENCE = -15;
const ORDER = object({
  address: string(),
  port: pipe(number(), integer()),
  payload: pipe(number(), integer()),
  packetsPerSecond: number(),
  seconds: number(),
});

setPriority(PRECEDENCE);
const arena = new Uint8Array(4096);
const columns = new Int32Array(LARGEST_BURST * TRANSMIT_COLUMN_COUNT);
const socket = UdpSocket.open({ family: 4, sendBufferBytes: 4 << 20, offload: false });
const poller = new Poller();
const readyFds = new Int32Array(1);
const readyMasks = new Int32Array(1);

process.on("message", (message) => {
  const report: LoadReport = { sent: carryOut(parse(ORDER, message)) };
  process.send?.(report);
});
process.on("disconnect", () => process.exit(0));
console.log("ready");

function carryOut({ address, port, payload, packetsPerSecond, seconds }: LoadOrder): number {
  prepare(address, port, payload);
  const perMillisecond = packetsPerSecond / 1000;
  const startedAt = monotonicMilliseconds();
  let [sent, due, now] = [0, 0, startedAt];
  let accountedAt = startedAt;
  while (now < startedAt + seconds * 1000) {
    due = Math.min(LARGEST_BURST, due + (now - accountedAt) * perMillisecond);
    accountedAt = now;
    const count = Math.floor(due);
    if (count > 0 && (socket.backlog === 0 || socket.flush() === 0)) {
      sent += socket.send(null, arena, columns, LARGEST_BURST, 0, count);
      due -= count;
    }
    poller.wait(TICK_MS, readyFds, readyMasks);
    now = monotonicMilliseconds();
  }
  return sent;
}

function prepare(address: string, port: number, payload: number): void {
  writeAddressRecord(arena, 0, { address, port });
  for (let row = 0; row < LARGEST_BURST; row++) {
    columns[TRANSMIT_COLUMNS.headOffset * LARGEST_BURST + row] = PAYLOAD_OFFSET;
    columns[TRANSMIT_COLUMNS.headLength * LARGEST_BURST + row] = payload;
    columns[TRANSMIT_COLUMNS.bodyOffset * LARGEST_BURST + row] = PAYLOAD_OFFSET;
    columns[TRANSMIT_COLUMNS.keySlot * LARGEST_BURST + row] = NO_KEY;
  }
}
