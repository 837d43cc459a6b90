const ALIGNMENT = 64;

/** The one block of memory that packets live in, from the receiving system call to the sending one. */
export class Arena {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly view: DataView;
  readonly #size: number;
  #reserved = 0;

  constructor(size: number) {
    const buffer = new ArrayBuffer(size);
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.view = new DataView(buffer);
    this.#size = size;
  }

  /** Sets `length` bytes aside for good and returns their offset; throws RangeError when the arena is too small. */
  reserve(length: number): number {
    const offset = this.#reserved;
    const end = offset + Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    if (end > this.#size) throw new RangeError(`an arena of ${this.#size} bytes has no ${length} left`);
    this.#reserved = end;
    return offset;
  }
}
