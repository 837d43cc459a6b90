import { parentPort } from "node:worker_threads";
import { Aead, Poller, UdpSocket } from "../index.ts";
import { numbered, receiveAll, TransmitBatch } from "./batches.ts";

// Sends to itself until it is terminated, and says once that it got what it sent.
const ROWS = 100;
const FOREVER = Number.POSITIVE_INFINITY;

const socket = UdpSocket.open({ family: 4, address: "127.0.0.1", receiveBufferBytes: 8 << 20 });
const poller = new Poller();
const aead = new Aead(1);
const slot = aead.addKey("aes-256-gcm", numbered(1, 32));
const batch = new TransmitBatch();
const record = batch.address(socket.address, socket.port);
for (let row = 0; row < ROWS; row++) {
  batch.add({ head: numbered(row, 900), record, seal: { slot, nonce: BigInt(row), word0: 0, word1: row } });
}
const fds = new Int32Array(1);
poller.set(socket.fd, { readable: true, writable: false });

for (let round = 0; ; round++) {
  socket.send(aead, batch.arena, batch.columns, batch.capacity, 0, ROWS);
  poller.wait(FOREVER, fds, fds);
  const received = receiveAll(socket).length;
  if (round === 0) parentPort?.postMessage(received === ROWS ? "alive" : `received ${received}`);
}
