// As many as V8 keeps in the object itself.
const SMALLEST = 16;

/** Frames that are to be sent again, first in, first out: each the cell that it lies in, and a note. */
export class WaitingCopies {
  #cells = new Int32Array(SMALLEST);
  #notes = new Int32Array(SMALLEST);
  #first = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** The cell of the first. */
  get cell(): number {
    return this.#cells[this.#first] ?? 0;
  }

  /** The note of the first. */
  get note(): number {
    return this.#notes[this.#first] ?? 0;
  }

  push(cell: number, note: number): void {
    if (this.#count === this.#cells.length) this.#grow();
    const place = (this.#first + this.#count++) & (this.#cells.length - 1);
    this.#cells[place] = cell;
    this.#notes[place] = note;
  }

  /** Forgets the first. */
  shift(): void {
    this.#first = (this.#first + 1) & (this.#cells.length - 1);
    this.#count--;
  }

  #grow(): void {
    const size = this.#cells.length;
    const [cells, notes] = [new Int32Array(2 * size), new Int32Array(2 * size)];
    for (let step = 0; step < size; step++) {
      const place = (this.#first + step) & (size - 1);
      cells[step] = this.#cells[place] ?? 0;
      notes[step] = this.#notes[place] ?? 0;
    }
    this.#cells = cells;
    this.#notes = notes;
    this.#first = 0;
  }
}
