import type { PacketBatch } from "./packet-batch.ts";

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
  place: 11,
  headStride: 12,
  bodyStride: 13,
  prefixLength: 14,
  prefixHigh: 15,
  prefixLow: 16,
  prefixStep: 17,
} as const;
const COLUMN_COUNT = 18;

/** The key slot of a datagram that is sent as it stands: no header words, no sealing (a handshake message). */
export const NO_KEY = -1;

const NO_COPY = 0;
const BYTE = 256;
const HIGH_BYTES = 4;

/**
 * Datagrams to seal and send through one socket, in order. On the wire a row becomes header word 0 and 1 (big
 * endian, in clear, associated data), then its text sealed under `keySlot` with the 64-bit nonce, then the tag; with
 * `NO_KEY` the text and nothing else. The text is prefix, head and body, of which the prefix, of 0 to 8 bytes, is in the
 * row itself. `addressOffset` points at an address record. Who sends the batch copies the text of each row to its
 * `copyOffset`, unless that is 0, whether the datagram can be sent or not.
 *
 * Datagrams that differ by what counts up are a run: the first row says all, and each that follows only its `place`
 * behind it, and where its copy goes. Header word 1 and nonce go up by 1, the prefix by `prefixStep`, and the pieces
 * lie `headStride` and `bodyStride` apart. Only the socket writes it all out, when it reads the bytes anyway.
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
    columns[11 * capacity + row] = 0;
    columns[14 * capacity + row] = 0;
    return row;
  }

  /** Appends rows `from` to `from` + `count` - 1 of a batch, which are alike, as a run; as `add`. Returns its first row. */
  addRun(packets: PacketBatch, from: number, count: number, addressOffset: number): number {
    const [head, headLength] = [packets.headOffset(from), packets.headLength(from)];
    const row = this.add(head, headLength, packets.bodyOffset(from), packets.bodyLength(from), addressOffset);
    const { columns, capacity } = this;
    columns[12 * capacity + row] = packets.headStride(from);
    columns[13 * capacity + row] = packets.bodyStride(from);
    const [places, copies] = [11 * capacity + row, 10 * capacity + row];
    for (let place = 1; place < count; place++) {
      columns[places + place] = place;
      columns[copies + place] = NO_COPY;
    }
    this.count = row + count;
    return row;
  }

  /** Puts the low `length` bytes of a number of 64 bits in front of a row; in a run it goes up by `step` each time. */
  prefix(row: number, length: number, high: number, low: number, step: number): void {
    const { columns, capacity } = this;
    columns[14 * capacity + row] = length;
    columns[15 * capacity + row] = high;
    columns[16 * capacity + row] = low;
    columns[17 * capacity + row] = step;
  }

  /** Asks for a copy of the text of a row, at an offset of the arena above 0. */
  copyRow(row: number, offset: number): void {
    this.columns[10 * this.capacity + row] = offset;
  }

  /** Asks for copies of the texts of the first `count` rows from `row` on, each so many bytes behind the start of its cell. */
  copyRun(row: number, cells: Int32Array, count: number, behind: number): void {
    const { columns } = this;
    const start = 10 * this.capacity + row;
    for (let place = 0; place < count; place++) columns[start + place] = (cells[place] ?? 0) + behind;
  }

  /** Makes the copies that the rows from `from` on ask for, where no socket does: for what is not sent, and simulation. */
  makeCopies(bytes: Uint8Array, from = 0): void {
    for (let row = from; row < this.count; row++) {
      const copy = this.copyOffset(row);
      if (copy !== NO_COPY) this.writeText(row, bytes, bytes, copy);
    }
  }

  /** Writes the text of a row, or its first `most` bytes, out of the bytes of the arena to an offset of others. */
  writeText(row: number, arena: Uint8Array, target: Uint8Array, offset: number, most = this.textLength(row)): void {
    const ofPrefix = Math.min(most, this.prefixLength(row));
    for (let place = 0; place < ofPrefix; place++) target[offset + place] = this.#prefixByte(row, place);
    const ofHead = Math.min(most - ofPrefix, this.headLength(row));
    const ofBody = Math.min(most - ofPrefix - ofHead, this.bodyLength(row));
    const [head, body] = [this.headOffset(row), this.bodyOffset(row)];
    target.set(arena.subarray(head, head + ofHead), offset + ofPrefix);
    target.set(arena.subarray(body, body + ofBody), offset + ofPrefix + ofHead);
  }

  /** The length of prefix, head and body of a row. */
  textLength(row: number): number {
    return this.prefixLength(row) + this.headLength(row) + this.bodyLength(row);
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
    return this.#ofRun(TRANSMIT_COLUMNS.headOffset, row) + this.#aheadOf(TRANSMIT_COLUMNS.headStride, row);
  }

  headLength(row: number): number {
    return this.#ofRun(TRANSMIT_COLUMNS.headLength, row);
  }

  bodyOffset(row: number): number {
    return this.#ofRun(TRANSMIT_COLUMNS.bodyOffset, row) + this.#aheadOf(TRANSMIT_COLUMNS.bodyStride, row);
  }

  bodyLength(row: number): number {
    return this.#ofRun(TRANSMIT_COLUMNS.bodyLength, row);
  }

  prefixLength(row: number): number {
    return this.#ofRun(TRANSMIT_COLUMNS.prefixLength, row);
  }

  headerWord0(row: number): number {
    return this.#ofRun(TRANSMIT_COLUMNS.headerWord0, row);
  }

  headerWord1(row: number): number {
    return (this.#ofRun(TRANSMIT_COLUMNS.headerWord1, row) + this.#place(row)) | 0;
  }

  keySlot(row: number): number {
    return this.#ofRun(TRANSMIT_COLUMNS.keySlot, row);
  }

  addressOffset(row: number): number {
    return this.#ofRun(TRANSMIT_COLUMNS.addressOffset, row);
  }

  copyOffset(row: number): number {
    return this.columns[10 * this.capacity + row] ?? NO_COPY;
  }

  clear(): void {
    this.count = 0;
  }

  #prefixByte(row: number, place: number): number {
    const behind = this.prefixLength(row) - 1 - place;
    const low =
      (this.#ofRun(TRANSMIT_COLUMNS.prefixLow, row) >>> 0) + this.#aheadOf(TRANSMIT_COLUMNS.prefixStep, row);
    const high = (this.#ofRun(TRANSMIT_COLUMNS.prefixHigh, row) >>> 0) + Math.floor(low / BYTE ** HIGH_BYTES);
    const shift = behind % HIGH_BYTES;
    return Math.floor((behind < HIGH_BYTES ? low : high) / BYTE ** shift) % BYTE;
  }

  /** How many rows before a row its run begins. */
  #place(row: number): number {
    return this.columns[11 * this.capacity + row] ?? 0;
  }

  #ofRun(column: number, row: number): number {
    return this.columns[column * this.capacity + row - this.#place(row)] ?? 0;
  }

  #aheadOf(column: number, row: number): number {
    const place = this.#place(row);
    return place === 0 ? 0 : place * this.#ofRun(column, row);
  }
}
