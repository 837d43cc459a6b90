import { UdpSocket } from "../index.ts";
import { numbered, numberOf, receiveAll, sendAll, TransmitBatch } from "./batches.ts";

// Sends 100 datagrams to itself while system calls fail, and prints what happened as JSON.
const ROWS = 100;

const socket = UdpSocket.open({ family: 4, address: "127.0.0.1", receiveBufferBytes: 8 << 20 });
const batch = new TransmitBatch();
const record = batch.address(socket.address, socket.port);
for (let row = 0; row < ROWS; row++) batch.add({ head: numbered(row, 200), record });

const taken = sendAll(socket, batch);
const { backlog } = socket;
socket.flush();
const received = receiveAll(socket);
const { drops, segmentedRuns, blocked, receiveErrors } = socket.statistics();
console.log(
  JSON.stringify({
    taken,
    backlog,
    isInOrder: received.every((datagram, index) => numberOf(datagram) === index),
    received: received.length,
    drops,
    segmentation: socket.offloads.segmentation,
    runs: segmentedRuns,
    blocked,
    receiveErrors,
  }),
);
