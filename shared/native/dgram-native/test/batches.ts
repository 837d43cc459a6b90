import {
  ADDRESS_RECORD_SIZE,
  NO_KEY,
  RECEIVE_COLUMN_COUNT,
  RECEIVE_COLUMNS,
  readAddressRecord,
  TRANSMIT_COLUMN_COUNT,
  TRANSMIT_COLUMNS,
  type UdpSocket,
  writeAddressRecord,
} from "../index.ts";

/** What a row to send is made of. */
export type Outgoing = {
  readonly head: Uint8Array;
  readonly body?: Uint8Array;
  readonly record?: number;
  /** Where in the arena head and body are kept. */
  readonly copyTo?: number;
  readonly seal?: { readonly slot: number; readonly nonce: bigint; readonly word0: number; readonly word1: number };
};

/** A transmit batch with an arena of its own. */
export class TransmitBatch {
  readonly capacity: number;
  readonly columns: Int32Array;
  readonly arena: Uint8Array;
  count = 0;
  #used = 0;

  constructor(capacity = 1024, arenaLength = 1 << 22) {
    this.capacity = capacity;
    this.columns = new Int32Array(capacity * TRANSMIT_COLUMN_COUNT);
    this.arena = new Uint8Array(new SharedArrayBuffer(arenaLength));
  }

  /** Writes an address record and returns its offset. */
  address(address: string, port: number, localAddress: string | null = null): number {
    const offset = this.#take(ADDRESS_RECORD_SIZE);
    writeAddressRecord(this.arena, offset, { address, port, localAddress });
    return offset;
  }

  /** Appends a row and returns its number. */
  add(row: Outgoing): number {
    const body = row.body ?? new Uint8Array(0);
    this.set(this.count, "headOffset", this.#put(row.head));
    this.set(this.count, "headLength", row.head.length);
    this.set(this.count, "bodyOffset", this.#put(body));
    this.set(this.count, "bodyLength", body.length);
    this.set(this.count, "headerWord0", row.seal?.word0 ?? 0);
    this.set(this.count, "headerWord1", row.seal?.word1 ?? 0);
    this.set(this.count, "nonceHigh", Number((row.seal?.nonce ?? 0n) >> 32n));
    this.set(this.count, "nonceLow", Number((row.seal?.nonce ?? 0n) & 0xffff_ffffn));
    this.set(this.count, "keySlot", row.seal?.slot ?? NO_KEY);
    this.set(this.count, "addressOffset", row.record ?? 0);
    this.set(this.count, "copyOffset", row.copyTo ?? 0);
    return this.count++;
  }

  set(row: number, column: keyof typeof TRANSMIT_COLUMNS, value: number): void {
    this.columns[TRANSMIT_COLUMNS[column] * this.capacity + row] = value;
  }

  #put(bytes: Uint8Array): number {
    const offset = this.#take(bytes.length);
    this.arena.set(bytes, offset);
    return offset;
  }

  #take(length: number): number {
    const offset = this.#used;
    this.#used += (length + 3) & ~3;
    if (this.#used > this.arena.length) throw new Error("the arena of this test is full");
    return offset;
  }
}

/** A receive batch with an arena of its own, all of it scratch. */
export class ReceiveBatch {
  readonly capacity: number;
  readonly columns: Int32Array;
  readonly arena: Uint8Array;

  constructor(capacity = 1024, arenaLength = 1 << 22) {
    this.capacity = capacity;
    this.columns = new Int32Array(capacity * RECEIVE_COLUMN_COUNT);
    this.arena = new Uint8Array(new SharedArrayBuffer(arenaLength));
  }

  get(row: number, column: keyof typeof RECEIVE_COLUMNS): number {
    return this.columns[RECEIVE_COLUMNS[column] * this.capacity + row] ?? 0;
  }

  set(row: number, column: keyof typeof RECEIVE_COLUMNS, value: number): void {
    this.columns[RECEIVE_COLUMNS[column] * this.capacity + row] = value;
  }

  receive(socket: UdpSocket): number {
    return socket.receive(this.arena, 0, this.arena.length, this.columns, this.capacity);
  }

  datagram(row: number): Uint8Array {
    const offset = this.get(row, "offset");
    return this.arena.slice(offset, offset + this.get(row, "length"));
  }

  source(row: number): ReturnType<typeof readAddressRecord> {
    return readAddressRecord(this.arena, this.get(row, "addressOffset"));
  }
}

/** Receives until nothing waits and returns copies of the datagrams. */
export function receiveAll(socket: UdpSocket, batch = new ReceiveBatch()): Uint8Array[] {
  const datagrams: Uint8Array[] = [];
  for (let rows = batch.receive(socket); rows > 0; rows = batch.receive(socket)) {
    for (let row = 0; row < rows; row++) datagrams.push(batch.datagram(row));
  }
  return datagrams;
}

/** Sends a whole batch without keys. */
export function sendAll(socket: UdpSocket, batch: TransmitBatch): number {
  return socket.send(null, batch.arena, batch.columns, batch.capacity, 0, batch.count);
}

/** Bytes that differ from row to row: a 32-bit number, then a pattern. */
export function numbered(number: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length).map((_, index) => (number * 31 + index * 7) & 0xff);
  if (length >= 4) new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

/** The number of a datagram that `numbered` made. */
export function numberOf(datagram: Uint8Array): number {
  return new DataView(datagram.buffer, datagram.byteOffset).getUint32(0);
}
