import { parentPort, Worker } from "node:worker_threads";
import {
  ADDRESS_RECORD_SIZE,
  NO_KEY,
  Poller,
  RECEIVE_COLUMN_COUNT,
  RECEIVE_COLUMNS,
  TRANSMIT_COLUMN_COUNT,
  TRANSMIT_COLUMNS,
  UdpSocket,
  wake,
  writeAddressRecord,
} from "dgram-native";

// Batched echo: a thread blocks in a poller and sends every datagram back to where it came from, without copying it;
// the main thread sends it 300 datagrams, counts the answers, and wakes it to end it.
const CAPACITY = 1024;
const SCRATCH_LENGTH = 4 << 20;
const DATAGRAMS = 300;
const DATAGRAM_LENGTH = 1000;
const BUFFER = 4 << 20;

if (parentPort === null) await ask();
else echo(parentPort);

function echo(port: NonNullable<typeof parentPort>): void {
  const socket = UdpSocket.open({ family: 4, address: "127.0.0.1", receiveBufferBytes: BUFFER });
  const poller = new Poller();
  const arena = new Uint8Array(SCRATCH_LENGTH);
  const received = new Int32Array(CAPACITY * RECEIVE_COLUMN_COUNT);
  const answers = new Int32Array(CAPACITY * TRANSMIT_COLUMN_COUNT);
  const ready = new Int32Array(1);
  port.postMessage({ port: socket.port, wakeFd: poller.wakeFd });

  for (;;) {
    poller.set(socket.fd, { readable: socket.backlog === 0, writable: socket.backlog > 0 });
    if (poller.wait(Number.POSITIVE_INFINITY, ready, new Int32Array(1)) === 0) break;
    if (socket.flush() > 0) continue;
    const rows = socket.receive(arena, 0, SCRATCH_LENGTH, received, CAPACITY);
    for (let row = 0; row < rows; row++) copyRow(received, answers, row);
    socket.send(null, arena, answers, CAPACITY, 0, rows);
  }
  port.postMessage(socket.statistics());
  poller.close();
  socket.close();
}

function copyRow(received: Int32Array, answers: Int32Array, row: number): void {
  const get = (column: keyof typeof RECEIVE_COLUMNS) => received[RECEIVE_COLUMNS[column] * CAPACITY + row] ?? 0;
  const set = (column: keyof typeof TRANSMIT_COLUMNS, value: number) => {
    answers[TRANSMIT_COLUMNS[column] * CAPACITY + row] = value;
  };
  set("headOffset", get("offset"));
  set("headLength", get("length"));
  set("addressOffset", get("addressOffset"));
  set("keySlot", NO_KEY);
}

async function ask(): Promise<void> {
  const worker = new Worker(new URL(import.meta.url));
  const server = await nextMessage(worker);
  const socket = UdpSocket.open({ family: 4, address: "127.0.0.1", receiveBufferBytes: BUFFER });
  const questions = new Int32Array(CAPACITY * TRANSMIT_COLUMN_COUNT);
  const arena = new Uint8Array(ADDRESS_RECORD_SIZE + DATAGRAM_LENGTH);
  writeAddressRecord(arena, 0, { address: "127.0.0.1", port: server["port"] ?? 0 });
  for (let row = 0; row < DATAGRAMS; row++) {
    questions[TRANSMIT_COLUMNS.headOffset * CAPACITY + row] = ADDRESS_RECORD_SIZE;
    questions[TRANSMIT_COLUMNS.headLength * CAPACITY + row] = DATAGRAM_LENGTH;
    questions[TRANSMIT_COLUMNS.keySlot * CAPACITY + row] = NO_KEY;
  }

  socket.send(null, arena, questions, CAPACITY, 0, DATAGRAMS);
  console.log(`${DATAGRAMS} sent, ${countAnswers(socket)} answers`);

  wake(server["wakeFd"] ?? -1);
  console.log("the echo's counters:", await nextMessage(worker));
  socket.close();
}

function countAnswers(socket: UdpSocket): number {
  const poller = new Poller();
  const scratch = new Uint8Array(SCRATCH_LENGTH);
  const received = new Int32Array(CAPACITY * RECEIVE_COLUMN_COUNT);
  const ready = new Int32Array(1);
  poller.set(socket.fd, { readable: true, writable: false });
  let answers = 0;
  while (answers < DATAGRAMS && poller.wait(1000, ready, new Int32Array(1)) > 0) {
    answers += socket.receive(scratch, 0, SCRATCH_LENGTH, received, CAPACITY);
  }
  poller.close();
  return answers;
}

function nextMessage(worker: Worker): Promise<Record<string, number>> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}
