/** Columns of a `TransmitBatch`: column c of row r is `columns[c * capacity + r]`. */
export const TRANSMIT_COLUMNS = {
  headOffset: 0,
  headLength: 1,
  bodyOffset: 2,
  bodyLength: 3,
  headerWord0: 4,
  headerWord1: 5,
  nonceHigh: 6,
  nonceLow: 7,
  keySlot: 8,
  addressOffset: 9,
  copyOffset: 10,
} as const;
const COLUMN_COUNT = 11;

/** The key slot of a datagram that is sent as it stands: no header words, no sealing (a handshake message). */
export const NO_KEY = -1;

const NO_COPY = 0;

/**
 * Datagrams to seal and send through one socket, in order. On the wire a row becomes header word 0 and 1 (big
 * endian, in clear, associated data), then head and body sealed under `keySlot` with the 64-bit nonce, then the tag.
 * With `NO_KEY` it becomes head then body and nothing else. `addressOffset` points at an address record. Who sends the
 * batch copies head and body of each row to its `copyOffset`, unless that is 0, whether the datagram can be sent or not.
 */
export class TransmitBatch {
  readonly capacity: number;
  readonly columns: Int32Array;
  count = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.columns = new Int32Array(capacity * COLUMN_COUNT);
  }

  get isFull(): boolean {
    return this.count === this.capacity;
  }

  /** Appends a row whose sealing columns are still to be set by `seal`; the caller has checked `isFull`. */
  add(headOffset: number, headLength: number, bodyOffset: number, bodyLength: number, addressOffset: number): number {
    const { columns, capacity } = this;
    const row = this.count++;
    columns[row] = headOffset;
    columns[capacity + row] = headLength;
    columns[2 * capacity + row] = bodyOffset;
    columns[3 * capacity + row] = bodyLength;
    columns[8 * capacity + row] = NO_KEY;
    columns[9 * capacity + row] = addressOffset;
    columns[10 * capacity + row] = NO_COPY;
    return row;
  }

  /** Asks for a copy of head and body of a row, at an offset of the arena above 0. */
  copyRow(row: number, offset: number): void {
    this.columns[10 * this.capacity + row] = offset;
  }

  /** Makes the copies that the rows from `from` on ask for, where no socket does: for what is not sent, and simulation. */
  makeCopies(bytes: Uint8Array, from = 0): void {
    for (let row = from; row < this.count; row++) {
      const copy = this.copyOffset(row);
      if (copy === NO_COPY) continue;
      const [head, headLength, body] = [this.headOffset(row), this.headLength(row), this.bodyOffset(row)];
      bytes.copyWithin(copy, head, head + headLength);
      bytes.copyWithin(copy + headLength, body, body + this.bodyLength(row));
    }
  }

  /** Sets how a row is sealed: the clear header words, the nonce and the key. */
  seal(row: number, word0: number, word1: number, nonceHigh: number, nonceLow: number, keySlot: number): void {
    const { columns, capacity } = this;
    columns[4 * capacity + row] = word0;
    columns[5 * capacity + row] = word1;
    columns[6 * capacity + row] = nonceHigh;
    columns[7 * capacity + row] = nonceLow;
    columns[8 * capacity + row] = keySlot;
  }

  headOffset(row: number): number {
    return this.columns[row] ?? 0;
  }

  headLength(row: number): number {
    return this.columns[this.capacity + row] ?? 0;
  }

  bodyOffset(row: number): number {
    return this.columns[2 * this.capacity + row] ?? 0;
  }

  bodyLength(row: number): number {
    return this.columns[3 * this.capacity + row] ?? 0;
  }

  keySlot(row: number): number {
    return this.columns[8 * this.capacity + row] ?? NO_KEY;
  }

  addressOffset(row: number): number {
    return this.columns[9 * this.capacity + row] ?? 0;
  }

  copyOffset(row: number): number {
    return this.columns[10 * this.capacity + row] ?? NO_COPY;
  }

  clear(): void {
    this.count = 0;
  }
}
