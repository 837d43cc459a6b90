/** Columns of a `DeliveryBatch`: column c of row r is `columns[c * capacity + r]`. */
export const DELIVERY_COLUMNS = { offset: 0, length: 1, flags: 2 } as const;
const COLUMN_COUNT = 3;

/** IP packets for the TUN device, each in one piece of the arena, in the order in which they are to be written. */
export class DeliveryBatch {
  readonly capacity: number;
  readonly columns: Int32Array;
  count = 0;
  /** A packet found the batch full and waits for the next one. */
  hasRefused = false;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.columns = new Int32Array(capacity * COLUMN_COUNT);
  }

  get isFull(): boolean {
    return this.count === this.capacity;
  }

  /** Appends a packet; the caller has checked `isFull`. `flags` are those of a `PacketBatch`. */
  add(offset: number, length: number, flags: number): void {
    const row = this.count++;
    this.columns[row] = offset;
    this.columns[this.capacity + row] = length;
    this.columns[2 * this.capacity + row] = flags;
  }

  offset(row: number): number {
    return this.columns[row] ?? 0;
  }

  length(row: number): number {
    return this.columns[this.capacity + row] ?? 0;
  }

  flags(row: number): number {
    return this.columns[2 * this.capacity + row] ?? 0;
  }

  clear(): void {
    this.count = 0;
    this.hasRefused = false;
  }
}
