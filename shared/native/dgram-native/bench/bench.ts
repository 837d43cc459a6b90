import {
  ADDRESS_RECORD_SIZE,
  Aead,
  type Cipher,
  NO_KEY,
  RECEIVE_COLUMN_COUNT,
  RECEIVE_COLUMNS,
  TRANSMIT_COLUMN_COUNT,
  TRANSMIT_COLUMNS,
  UdpSocket,
  writeAddressRecord,
} from "../index.ts";

const CAPACITY = 1024;
const BATCH = 256;
const PACKET_LENGTH = 1400;
const HEAD_LENGTH = 52;
const STRIDE = 2048;
const SCRATCH_LENGTH = 1 << 21;
const ROUNDS = 400;
const REPEATS = 5;
const CIPHERS: readonly Cipher[] = ["aes-256-gcm", "chacha20-poly1305"];

const recordOffset = 0;
const packetsOffset = 64;
const scratchOffset = 1 << 20;
const arena = new Uint8Array(new SharedArrayBuffer(scratchOffset + SCRATCH_LENGTH));
const transmit = new Int32Array(CAPACITY * TRANSMIT_COLUMN_COUNT);
const received = new Int32Array(CAPACITY * RECEIVE_COLUMN_COUNT);

main();

/** Prints nanoseconds of elapsed time per packet of 1400 bytes; each is the median of five measurements. */
function main(): void {
  for (const cipher of CIPHERS) benchAead(cipher);
  const [plainSend, plainReceive] = benchSocket(false);
  const [offloadSend, offloadReceive] = benchSocket(true);
  report("send, one by one", plainSend);
  report("send, GSO", offloadSend);
  report("receive, one by one", plainReceive);
  report("receive, GRO", offloadReceive);
  print(`send one by one / GSO: ${(plainSend / offloadSend).toFixed(1)}`);
  print(`receive one by one / GRO: ${(plainReceive / offloadReceive).toFixed(1)}`);
}

function benchAead(cipher: Cipher): void {
  const aead = new Aead(1);
  const slot = aead.addKey(cipher, new Uint8Array(32).fill(7));
  const sealed = new Uint8Array(BATCH * STRIDE);
  const lengths = new Int32Array(BATCH);
  fillTransmit(slot);
  report(
    `seal, ${cipher}`,
    measure(() => aead.seal(arena, transmit, CAPACITY, 0, BATCH, sealed, 0, STRIDE, lengths)),
  );

  const pristine = sealed.slice();
  for (let row = 0; row < BATCH; row++) {
    received[RECEIVE_COLUMNS.offset * CAPACITY + row] = row * STRIDE;
    received[RECEIVE_COLUMNS.length * CAPACITY + row] = lengths[row] ?? 0;
    received[RECEIVE_COLUMNS.nonceHigh * CAPACITY + row] = 0;
    received[RECEIVE_COLUMNS.nonceLow * CAPACITY + row] = row;
    received[RECEIVE_COLUMNS.keySlot * CAPACITY + row] = slot;
  }
  const copying = measure(() => sealed.set(pristine));
  const opening = measure(() => {
    sealed.set(pristine);
    if (aead.open(sealed, received, CAPACITY, 0, BATCH) !== BATCH) throw new Error("a row did not open");
  });
  report(`open, ${cipher}`, opening - copying);
}

function benchSocket(offload: boolean): readonly [number, number] {
  const options = {
    family: 4,
    address: "127.0.0.1",
    offload,
    receiveBufferBytes: 8 << 20,
    sendBufferBytes: 8 << 20,
  } as const;
  const sender = UdpSocket.open(options);
  const receiver = UdpSocket.open(options);
  writeAddressRecord(arena, recordOffset, { address: "127.0.0.1", port: receiver.port });
  fillTransmit(NO_KEY);
  const sending: number[] = [];
  const receiving: number[] = [];
  for (let round = 0; round < ROUNDS * REPEATS; round++) {
    const start = process.hrtime.bigint();
    sender.send(null, arena, transmit, CAPACITY, 0, BATCH);
    const middle = process.hrtime.bigint();
    let count = 0;
    for (let rows = 1; rows > 0; count += rows) {
      rows = receiver.receive(arena, scratchOffset, SCRATCH_LENGTH, received, CAPACITY);
    }
    const end = process.hrtime.bigint();
    if (count !== BATCH || sender.backlog > 0) throw new Error(`received ${count} of ${BATCH} datagrams`);
    sending.push(Number(middle - start) / BATCH);
    receiving.push(Number(end - middle) / BATCH);
  }
  sender.close();
  receiver.close();
  return [median(sending), median(receiving)];
}

function fillTransmit(slot: number): void {
  for (let row = 0; row < BATCH; row++) {
    const offset = packetsOffset + ADDRESS_RECORD_SIZE + row * STRIDE;
    transmit[TRANSMIT_COLUMNS.headOffset * CAPACITY + row] = offset;
    transmit[TRANSMIT_COLUMNS.headLength * CAPACITY + row] = HEAD_LENGTH;
    transmit[TRANSMIT_COLUMNS.bodyOffset * CAPACITY + row] = offset + HEAD_LENGTH;
    transmit[TRANSMIT_COLUMNS.bodyLength * CAPACITY + row] = PACKET_LENGTH - HEAD_LENGTH;
    transmit[TRANSMIT_COLUMNS.nonceHigh * CAPACITY + row] = 0;
    transmit[TRANSMIT_COLUMNS.nonceLow * CAPACITY + row] = row;
    transmit[TRANSMIT_COLUMNS.keySlot * CAPACITY + row] = slot;
    transmit[TRANSMIT_COLUMNS.addressOffset * CAPACITY + row] = recordOffset;
  }
}

/** Nanoseconds per packet of a function that handles one batch. */
function measure(handleBatch: () => void): number {
  const results: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const start = process.hrtime.bigint();
    for (let round = 0; round < ROUNDS; round++) handleBatch();
    results.push(Number(process.hrtime.bigint() - start) / ROUNDS / BATCH);
  }
  return median(results);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function report(what: string, nanoseconds: number): void {
  print(`${what.padEnd(24)} ${nanoseconds.toFixed(0).padStart(6)} ns per packet`);
}
