/** Columns of a `ReceiveBatch`: column c of row r is `columns[c * capacity + r]`. */
export const RECEIVE_COLUMNS = {
  offset: 0,
  length: 1,
  addressOffset: 2,
  headerWord0: 3,
  headerWord1: 4,
  nonceHigh: 5,
  nonceLow: 6,
  keySlot: 7,
  isOpened: 8,
} as const;
const COLUMN_COUNT = 9;

/**
 * Datagrams as they come from a socket. The native receiver fills offset, length, the offset of the source's address
 * record and the first eight bytes as two big-endian words (zero where the datagram is shorter). The protocol sets
 * nonce and key slot (`NO_KEY`: leave alone); opening decrypts bytes 8 to length - 16 in place and sets `isOpened`.
 */
export class ReceiveBatch {
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

  offset(row: number): number {
    return this.columns[row] ?? 0;
  }

  length(row: number): number {
    return this.columns[this.capacity + row] ?? 0;
  }

  addressOffset(row: number): number {
    return this.columns[2 * this.capacity + row] ?? 0;
  }

  headerWord0(row: number): number {
    return this.columns[3 * this.capacity + row] ?? 0;
  }

  headerWord1(row: number): number {
    return this.columns[4 * this.capacity + row] ?? 0;
  }

  keySlot(row: number): number {
    return this.columns[7 * this.capacity + row] ?? 0;
  }

  isOpened(row: number): boolean {
    return this.columns[8 * this.capacity + row] === 1;
  }

  /** Sets under which key and nonce the row is to be opened. */
  setKey(row: number, nonceHigh: number, nonceLow: number, keySlot: number): void {
    const { columns, capacity } = this;
    columns[5 * capacity + row] = nonceHigh;
    columns[6 * capacity + row] = nonceLow;
    columns[7 * capacity + row] = keySlot;
    columns[8 * capacity + row] = 0;
  }

  /**
   * Sets the key of a row and of those behind it that came from the same address with the same first word, at least
   * `leastLength` bytes and the packet numbers that follow. Answers the first row that is none of them.
   */
  setKeyOfRun(row: number, nonceHigh: number, keySlot: number, leastLength: number): number {
    const { columns, capacity, count } = this;
    const [lengths, addresses, words0] = [capacity, 2 * capacity, 3 * capacity];
    const [words1, highs, lows] = [4 * capacity, 5 * capacity, 6 * capacity];
    const [slots, opened] = [7 * capacity, 8 * capacity];
    const address = columns[addresses + row];
    const word0 = columns[words0 + row];
    let nonceLow = columns[words1 + row] ?? 0;
    let end = row;
    do {
      columns[highs + end] = nonceHigh;
      columns[lows + end] = nonceLow;
      columns[slots + end] = keySlot;
      columns[opened + end] = 0;
      end++;
      nonceLow = (nonceLow + 1) | 0;
    } while (
      end < count &&
      // Behind this one nonces have another high word.
      nonceLow !== 0 &&
      columns[words1 + end] === nonceLow &&
      columns[words0 + end] === word0 &&
      columns[addresses + end] === address &&
      (columns[lengths + end] ?? 0) >= leastLength
    );
    return end;
  }

  /** Appends a datagram as a native receiver would; for simulation and tests. Returns its row, or -1 when full. */
  add(offset: number, length: number, addressOffset: number, word0: number, word1: number): number {
    if (this.count === this.capacity) return -1;
    const { columns, capacity } = this;
    const row = this.count++;
    columns[row] = offset;
    columns[capacity + row] = length;
    columns[2 * capacity + row] = addressOffset;
    columns[3 * capacity + row] = word0;
    columns[4 * capacity + row] = word1;
    return row;
  }

  clear(): void {
    this.count = 0;
  }
}
