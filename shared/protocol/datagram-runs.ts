import type { Reach } from "./reach.ts";

/** Runs of rows of a receive batch: datagrams of one link that came together, with consecutive packet numbers. */
export class DatagramRuns {
  #starts = new Int32Array(0);
  #ends = new Int32Array(0);
  #numbers = new Float64Array(0);
  readonly #reaches: Reach[] = [];
  #count = 0;

  /** How many runs there are. */
  get count(): number {
    return this.#count;
  }

  /** Forgets all runs, and makes room for those of a batch of so many rows. */
  clear(rows: number): void {
    this.#count = 0;
    if (this.#starts.length >= rows) return;
    this.#starts = new Int32Array(rows);
    this.#ends = new Int32Array(rows);
    this.#numbers = new Float64Array(rows);
  }

  /** Adds rows `start` to `end` - 1, of which the first has this packet number. */
  add(start: number, end: number, number: number, reach: Reach): void {
    const run = this.#count++;
    this.#starts[run] = start;
    this.#ends[run] = end;
    this.#numbers[run] = number;
    this.#reaches[run] = reach;
  }

  start(run: number): number {
    return this.#starts[run] ?? 0;
  }

  /** The row behind the last of a run. */
  end(run: number): number {
    return this.#ends[run] ?? 0;
  }

  /** The packet number of the first row. */
  number(run: number): number {
    return this.#numbers[run] ?? 0;
  }

  /** Whose they are; undefined only for a run that there is not. */
  reach(run: number): Reach | undefined {
    return this.#reaches[run];
  }
}
