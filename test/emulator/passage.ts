/** A packet on its way through a line: `at` is when it arrives, `order` breaks ties, `corruptedBit` is -1 if intact. */
export type Passage<T> = { item: T; size: number; at: number; order: number; corruptedBit: number };

/** First in, first out, without a shift of the whole array at every packet. */
export class PassageQueue<T> {
  readonly #passages: Passage<T>[] = [];
  #head = 0;

  get length(): number {
    return this.#passages.length - this.#head;
  }

  first(): Passage<T> | undefined {
    return this.#passages[this.#head];
  }

  push(passage: Passage<T>): void {
    this.#passages.push(passage);
  }

  shift(): Passage<T> | undefined {
    const passage = this.#passages[this.#head];
    if (passage === undefined) return undefined;
    this.#head += 1;
    if (this.#head === this.#passages.length || this.#head === 1024) {
      this.#passages.splice(0, this.#head);
      this.#head = 0;
    }
    return passage;
  }
}

/** Passages by their time of arrival, the earliest first: a binary heap. */
export class PassageHeap<T> {
  readonly #passages: Passage<T>[] = [];

  first(): Passage<T> | undefined {
    return this.#passages[0];
  }

  push(passage: Passage<T>): void {
    const passages = this.#passages;
    let index = passages.length;
    passages.push(passage);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = passages[parentIndex];
      if (parent === undefined || isBefore(parent, passage)) break;
      passages[index] = parent;
      index = parentIndex;
    }
    passages[index] = passage;
  }

  shift(): Passage<T> | undefined {
    const first = this.#passages[0];
    const last = this.#passages.pop();
    if (last !== undefined && this.#passages.length > 0) this.#sinkFromTop(last);
    return first;
  }

  #sinkFromTop(passage: Passage<T>): void {
    const passages = this.#passages;
    let index = 0;
    for (;;) {
      const childIndex = this.#earlierChild(index);
      const child = passages[childIndex];
      if (child === undefined || isBefore(passage, child)) break;
      passages[index] = child;
      index = childIndex;
    }
    passages[index] = passage;
  }

  #earlierChild(index: number): number {
    const left = this.#passages[2 * index + 1];
    const right = this.#passages[2 * index + 2];
    return left !== undefined && right !== undefined && isBefore(right, left) ? 2 * index + 2 : 2 * index + 1;
  }
}

const isBefore = (a: Passage<unknown>, b: Passage<unknown>): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order);
