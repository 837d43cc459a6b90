// Counts the UDP packets that come to a port: udp-sink.js PORT [joined]. Answers the count to every message over its channel.
import { setPriority } from "node:os";
import process from "node:process";
import { Poller, RECEIVE_COLUMN_COUNT, UdpSocket } from "dgram-native";
import type { SinkReport } from "./udp-messages.ts";

const ROWS = 1024;
const SCRATCH = 4 << 20;
const WAIT_MS = 20;

// What is not taken in time says nothing of the subject.
const PRECEDENCE = -15;

setPriority(PRECEDENCE);
const arena = new Uint8Array(SCRATCH);
const columns = new Int32Array(ROWS * RECEIVE_COLUMN_COUNT);
const socket = UdpSocket.open({
  family: 4,
  address: "0.0.0.0",
  port: Number(process.argv[2]),
  receiveBufferBytes: 16 << 20,
  // Packets that the kernel has joined on their way are counted without being parted, where the sink is to cost little.
  offload: process.argv[3] === "joined",
});
const poller = new Poller();
const readyFds = new Int32Array(1);
const readyMasks = new Int32Array(1);
let received = 0;

process.on("message", () => {
  take();
  const report: SinkReport = { received };
  process.send?.(report);
});
process.on("disconnect", () => process.exit(0));
poller.set(socket.fd, { readable: true, writable: false });
console.log("ready");
waitAndTake();

// A wait blocks the event loop, so it is short and messages have their turn after it.
function waitAndTake(): void {
  if (poller.wait(WAIT_MS, readyFds, readyMasks) > 0) take();
  setImmediate(waitAndTake);
}

function take(): void {
  let rows: number;
  do {
    rows = socket.receive(arena, 0, SCRATCH, columns, ROWS);
    received += rows;
  } while (rows > 0);
}
