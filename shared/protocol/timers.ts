import { type Milliseconds, NEVER } from "./units.ts";

type Timer<Item> = { readonly item: Item; at: Milliseconds };

/**
 * When each of many things wants to be called next: a binary heap with one entry per item. Moving an entry later is
 * free: it comes up at its old time and is put back, so that a busy item costs nothing per packet.
 */
export class Timers<Item> {
  readonly #heap: Timer<Item>[] = [];
  readonly #scheduled = new Map<Item, Milliseconds>();

  /** Asks that `item` comes up at `at` or sooner. */
  schedule(item: Item, at: Milliseconds): void {
    const before = this.#scheduled.get(item);
    if (at === NEVER || (before !== undefined && before <= at)) return;
    this.#scheduled.set(item, at);
    this.#heap.push({ item, at });
    this.#rise(this.#heap.length - 1);
  }

  /** The earliest time at which something comes up. */
  next(): Milliseconds {
    this.#dropStale();
    return this.#heap[0]?.at ?? NEVER;
  }

  /** Takes out the next item that is due, or undefined; the caller schedules it again. */
  takeDue(now: Milliseconds): Item | undefined {
    this.#dropStale();
    const top = this.#heap[0];
    if (top === undefined || top.at > now) return undefined;
    this.#removeTop();
    this.#scheduled.delete(top.item);
    return top.item;
  }

  /** Forgets an item. */
  remove(item: Item): void {
    this.#scheduled.delete(item);
  }

  #dropStale(): void {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#scheduled.get(top.item) === top.at) return;
      this.#removeTop();
    }
  }

  #removeTop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(start: number): void {
    let child = start;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfEarlier(child, parent)) return;
      child = parent;
    }
  }

  #sink(start: number): void {
    let parent = start;
    for (;;) {
      const left = 2 * parent + 1;
      const right = left + 1;
      const leftAt = this.#heap[left]?.at ?? NEVER;
      const rightAt = this.#heap[right]?.at ?? NEVER;
      const child = rightAt < leftAt ? right : left;
      if (child >= this.#heap.length || !this.#swapIfEarlier(child, parent)) return;
      parent = child;
    }
  }

  #swapIfEarlier(child: number, parent: number): boolean {
    const lower = this.#heap[child];
    const upper = this.#heap[parent];
    if (lower === undefined || upper === undefined || lower.at >= upper.at) return false;
    this.#heap[child] = upper;
    this.#heap[parent] = lower;
    return true;
  }
}
