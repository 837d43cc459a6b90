/** The packet's transport checksum is partial (only the pseudo header is summed), as `VIRTIO_NET_HDR_F_NEEDS_CSUM`. */
export const FLAG_CHECKSUM_PARTIAL = 1;

/**
 * The row before is the segment before this one, of one super-packet, or a packet just like it: they are of one flow
 * and not larger.
 */
export const FLAG_CONTINUES = 2;

/** Free bytes before every packet's head in the arena, for the headers that framing puts in front of it. */
export const HEADROOM = 32;

/** Columns of a `PacketBatch`: column c of row r is `columns[c * capacity + r]`. */
export const PACKET_COLUMNS = { headOffset: 0, headLength: 1, bodyOffset: 2, bodyLength: 3, flags: 4 } as const;
const COLUMN_COUNT = 5;

/**
 * IP packets as they come out of the TUN device: rows of two pieces in one arena. A packet is head then body; the
 * head holds at least the IP and transport headers and has `HEADROOM` free bytes before it; the body may be empty.
 * The native reader fills `columns` in place (layout above) and says how many rows it filled.
 */
export class PacketBatch {
  readonly capacity: number;
  readonly columns: Int32Array;
  count = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.columns = new Int32Array(capacity * COLUMN_COUNT);
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

  flags(row: number): number {
    return this.columns[4 * this.capacity + row] ?? 0;
  }

  /** Whether the row continues what the row before it began. */
  continues(row: number): boolean {
    return row > 0 && (this.flags(row) & FLAG_CONTINUES) !== 0;
  }

  /** Where the run of a packet and the rows that continue it ends: the first row behind `row` that does not. */
  endOfRun(row: number): number {
    let end = row + 1;
    while (end < this.count && this.continues(end)) end++;
    return end;
  }

  /**
   * Where packets end, from a row on and before `to`, that are of one size and lie at equal distances, and of which all or
   * none have a partial checksum: the first row that is none of them.
   */
  endOfAlike(row: number, to: number): number {
    const { columns, capacity } = this;
    const [headLengths, bodies, bodyLengths, flags] = [capacity, 2 * capacity, 3 * capacity, 4 * capacity];
    const headStride = this.headStride(row);
    const bodyStride = this.bodyStride(row);
    const headLength = columns[headLengths + row];
    const bodyLength = columns[bodyLengths + row];
    const flag = (columns[flags + row] ?? 0) & FLAG_CHECKSUM_PARTIAL;
    let head = columns[row] ?? 0;
    let body = columns[bodies + row] ?? 0;
    let end = row + 1;
    for (; end < to; end++) {
      head += headStride;
      body += bodyStride;
      if (columns[end] !== head || columns[bodies + end] !== body) break;
      if (columns[headLengths + end] !== headLength || columns[bodyLengths + end] !== bodyLength) break;
      if (((columns[flags + end] ?? 0) & FLAG_CHECKSUM_PARTIAL) !== flag) break;
    }
    return end;
  }

  /** How far the pieces of the row behind a row lie behind its own. */
  headStride(row: number): number {
    return this.headOffset(row + 1) - this.headOffset(row);
  }

  bodyStride(row: number): number {
    return this.bodyOffset(row + 1) - this.bodyOffset(row);
  }

  /** Adds one packet that is a single piece; for simulation and tests. Returns false when the batch is full. */
  add(offset: number, length: number, flags: number): boolean {
    if (this.count === this.capacity) return false;
    const row = this.count++;
    this.columns[row] = offset;
    this.columns[this.capacity + row] = length;
    this.columns[2 * this.capacity + row] = 0;
    this.columns[3 * this.capacity + row] = 0;
    this.columns[4 * this.capacity + row] = flags;
    return true;
  }

  clear(): void {
    this.count = 0;
  }
}
