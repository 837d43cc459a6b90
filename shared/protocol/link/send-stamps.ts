const DOUBLES = 6;

/** What is noted of when packets left: a row of `SendStamps`. */
export class SendStamp {
  sentAt = Number.NaN;
  /** The bytes sent before. */
  sentBefore = Number.NaN;
  /** What was delivered then, when that was, and when the packet before in that flight left. */
  deliveredBefore = Number.NaN;
  deliveredAt = Number.NaN;
  flightStart = Number.NaN;
  /** For how long the link had been idle before, altogether. */
  idleBefore = Number.NaN;
}

/** The latest stamps, as columns in one block. Packets that leave at once share one, so a ring has no more than packets. */
export class SendStamps {
  readonly sentAt: Float64Array;
  readonly sentBefore: Float64Array;
  readonly deliveredBefore: Float64Array;
  readonly deliveredAt: Float64Array;
  readonly flightStart: Float64Array;
  readonly idleBefore: Float64Array;
  readonly #columns: Float64Array;
  #count = 0;

  /** With room for so many, a power of two. */
  constructor(rows: number) {
    this.#columns = new Float64Array(DOUBLES * rows);
    const column = (place: number): Float64Array => this.#columns.subarray(place * rows, (place + 1) * rows);
    this.sentAt = column(0);
    this.sentBefore = column(1);
    this.deliveredBefore = column(2);
    this.deliveredAt = column(3);
    this.flightStart = column(4);
    this.idleBefore = column(5);
  }

  /**
   * The row of a stamp: that of the latest, where only the bytes sent before are others, or a new one, which is written
   * over the oldest.
   */
  add(stamp: SendStamp): number {
    const latest = (this.#count - 1) & this.#mask;
    if (this.#count > 0 && this.#isLike(latest, stamp)) return latest;
    const row = this.#count++ & this.#mask;
    this.sentAt[row] = stamp.sentAt;
    this.sentBefore[row] = stamp.sentBefore;
    this.deliveredBefore[row] = stamp.deliveredBefore;
    this.deliveredAt[row] = stamp.deliveredAt;
    this.flightStart[row] = stamp.flightStart;
    this.idleBefore[row] = stamp.idleBefore;
    return row;
  }

  /** How many rows a row is after another: where it will be in `grownFrom` that. */
  placeAfter(from: number, row: number): number {
    return (row - from) & this.#mask;
  }

  /** Twice as many rows, of which the first are those from a row on to the latest. */
  grownFrom(from: number): SendStamps {
    const rows = this.sentAt.length;
    const grown = new SendStamps(2 * rows);
    grown.#count = this.placeAfter(from, this.#count - 1) + 1;
    for (let column = 0; column < DOUBLES; column++)
      for (let place = 0; place < grown.#count; place++)
        grown.#columns[column * 2 * rows + place] = this.#columns[column * rows + ((from + place) & this.#mask)] ?? 0;
    return grown;
  }

  #isLike(row: number, { sentAt, deliveredBefore, deliveredAt, flightStart, idleBefore }: SendStamp): boolean {
    return (
      this.sentAt[row] === sentAt &&
      this.idleBefore[row] === idleBefore &&
      this.deliveredBefore[row] === deliveredBefore &&
      this.deliveredAt[row] === deliveredAt &&
      this.flightStart[row] === flightStart
    );
  }

  get #mask(): number {
    return this.sentAt.length - 1;
  }
}
