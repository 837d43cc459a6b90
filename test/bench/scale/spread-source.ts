// UDP to many addresses in turn, a burst to each, which leaves as one super-packet: what a server gets for many clients
// from a network card that joins packets. Waits for orders over its channel and carries out one after another.
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
import { parse } from "valibot";
import { ADDRESS_RECORD_SIZE } from "../../../shared/protocol/wire/address-record.ts";
import { BurstPace } from "./burst-pace.ts";
import { type Answer, BURST, SPREAD, type Spread } from "./client-messages.ts";

const MOST_CLIENTS = 4096;
const RECORDS_SIZE = MOST_CLIENTS * ADDRESS_RECORD_SIZE;
const MOST_OWED = 256;
const TICK_MS = 0.2;
// What is not sent in time says nothing of the server.
const PRECEDENCE = -15;

setPriority(PRECEDENCE);
const arena = new Uint8Array(RECORDS_SIZE + 4096);
const columns = new Int32Array(MOST_OWED * TRANSMIT_COLUMN_COUNT);
const socket = UdpSocket.open({ family: 4, sendBufferBytes: 16 << 20, offload: true });
const poller = new Poller();
const readyFds = new Int32Array(1);
const readyMasks = new Int32Array(1);

process.on("message", (message) => {
  const answer: Answer = { count: carryOut(parse(SPREAD, message)) };
  process.send?.(answer);
});
process.on("disconnect", () => process.exit(0));
console.log("ready");

function carryOut({ addresses, port, payload, packetsPerSecond, seconds }: Spread): number {
  for (const [index, address] of addresses.slice(0, MOST_CLIENTS).entries())
    writeAddressRecord(arena, index * ADDRESS_RECORD_SIZE, { address, port });
  setColumn("headOffset", RECORDS_SIZE);
  setColumn("headLength", payload);
  setColumn("bodyOffset", RECORDS_SIZE);
  setColumn("keySlot", NO_KEY);
  const startedAt = monotonicMilliseconds();
  const pace = new BurstPace(packetsPerSecond, BURST, MOST_OWED, startedAt);
  let sent = 0;
  for (let [now, turn] = [startedAt, 0]; now < startedAt + seconds * 1000; now = monotonicMilliseconds()) {
    const count = pace.take(now) * BURST;
    for (let row = 0; row < count; row++) {
      const client = (turn + Math.floor(row / BURST)) % addresses.length;
      columns[TRANSMIT_COLUMNS.addressOffset * MOST_OWED + row] = client * ADDRESS_RECORD_SIZE;
    }
    turn += count / BURST;
    if (count > 0 && (socket.backlog === 0 || socket.flush() === 0))
      sent += socket.send(null, arena, columns, MOST_OWED, 0, count);
    poller.wait(TICK_MS, readyFds, readyMasks);
  }
  return sent;
}

function setColumn(column: keyof typeof TRANSMIT_COLUMNS, value: number): void {
  columns.fill(value, TRANSMIT_COLUMNS[column] * MOST_OWED, (TRANSMIT_COLUMNS[column] + 1) * MOST_OWED);
}
