import { ADDRESS_RECORD_SIZE, Poller, readAddressRecord, UdpSocket } from "../index.ts";
import { numbered, numberOf, ReceiveBatch, receiveAll, sendAll, TransmitBatch } from "./batches.ts";

// One scenario in a network namespace that was prepared for it; prints what happened as JSON.
const LOOPBACK = "127.0.0.1";
const LIMIT = 20_000;

const [, , scenario = ""] = process.argv;
const offload = !scenario.endsWith("-single");
const sender = UdpSocket.open({ family: 4, address: LOOPBACK, sendBufferBytes: 10_000, offload });
const receiver = UdpSocket.open({ family: 4, address: LOOPBACK, receiveBufferBytes: 16 << 20 });

console.log(JSON.stringify(runScenario(scenario.replace(/-(single|segmenting)$/, ""))));

function runScenario(name: string): unknown {
  if (name === "blocked") return meetFullBuffer();
  if (name === "full") return meetFullBacklog();
  if (name === "too-big") return exceedMtu();
  return lackRoute();
}

function meetFullBuffer(): unknown {
  const batch = fill(Array.from({ length: 400 }, () => 500));
  const taken = sendAll(sender, batch);
  const hadBacklog = sender.backlog > 0;
  const secondSend = codeOf(() => sendAll(sender, batch));
  const received = drain(400);
  return {
    taken,
    hadBacklog,
    secondSend,
    isInOrder: isInOrder(received),
    received: received.length,
    backlog: sender.backlog,
  };
}

function meetFullBacklog(): unknown {
  const batch = fill(Array.from({ length: 3000 }, () => 200));
  const taken = sendAll(sender, batch);
  const { backlog } = sender;
  const received = drain(taken);
  return {
    isPartial: taken < 3000 && taken >= 1024,
    isBounded: backlog > 512 && backlog <= 1024,
    isInOrder: isInOrder(received),
    isComplete: received.length === taken,
  };
}

/** Rows 3 to 12 exceed the MTU of 1300; row 13 is the shorter end of their run. */
function exceedMtu(): unknown {
  sendAll(sender, fill([...repeat(1200, 3), ...repeat(1400, 9), 1390, 1000, 1000]));
  const { tooBig, drops, lastError } = sender.statistics();
  const received = receiveAll(receiver).map(numberOf);
  const refused = [takeRefused(), takeRefused()];
  return { received, tooBig, drops, lastError, refused, segmentation: sender.offloads.segmentation };
}

/** Whether the kernel has refused datagrams to the receiver, and the length of the shortest; 0 when none is left. */
function takeRefused(): number {
  const record = new Uint8Array(ADDRESS_RECORD_SIZE);
  const length = sender.takeRefused(record, 0);
  const to = readAddressRecord(record, 0);
  return length === 0 || (to?.address === LOOPBACK && to.port === receiver.port) ? length : -1;
}

function lackRoute(): unknown {
  const batch = new TransmitBatch();
  const good = batch.address(LOOPBACK, receiver.port);
  const bad = batch.address("192.0.2.1", 9);
  // Bound to loopback, the socket would get EINVAL for an address that is not loopback's.
  const anyone = UdpSocket.open({ family: 4 });
  for (let row = 0; row < 10; row++)
    batch.add({ head: numbered(row, 100 + row), record: row % 2 === 0 ? good : bad });
  sendAll(anyone, batch);
  return { received: receiveAll(receiver).map(numberOf), drops: anyone.statistics().drops };
}

function drain(expected: number): Uint8Array[] {
  const poller = new Poller();
  const fds = new Int32Array(2);
  const batch = new ReceiveBatch();
  const received: Uint8Array[] = [];
  while (received.length < expected) {
    poller.set(sender.fd, { readable: false, writable: sender.backlog > 0 });
    poller.set(receiver.fd, { readable: true, writable: false });
    if (poller.wait(LIMIT, fds, new Int32Array(2)) === 0) break;
    sender.flush();
    received.push(...receiveAll(receiver, batch));
  }
  poller.close();
  return received;
}

function fill(lengths: readonly number[]): TransmitBatch {
  const batch = new TransmitBatch(lengths.length);
  const record = batch.address(LOOPBACK, receiver.port);
  for (const [row, length] of lengths.entries()) batch.add({ head: numbered(row, length), record });
  return batch;
}

function repeat(length: number, count: number): number[] {
  return Array.from({ length: count }, () => length);
}

function isInOrder(received: readonly Uint8Array[]): boolean {
  return received.every((datagram, index) => numberOf(datagram) === index);
}

function codeOf(action: () => unknown): unknown {
  try {
    action();
    return "none";
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : String(error);
  }
}
