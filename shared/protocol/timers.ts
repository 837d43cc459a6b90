import { type Milliseconds, NEVER } from "./units.ts";

type Timer<Item> = { readonly item: Item; at: Milliseconds; place: number };

/** When each of many things wants to be called next: a binary heap with one entry per item. */
export class Timers<Item> {
  readonly #heap: Timer<Item>[] = [];
  readonly #byItem = new Map<Item, Timer<Item>>();

  /** Asks that `item` comes up at `at` or sooner. */
  schedule(item: Item, at: Milliseconds): void {
    const timer = this.#byItem.get(item);
    if (at === NEVER || (timer !== undefined && timer.at <= at)) return;
    if (timer !== undefined) {
      timer.at = at;
      this.#rise(timer);
      return;
    }
    const added = { item, at, place: this.#heap.length };
    this.#byItem.set(item, added);
    this.#heap.push(added);
    this.#rise(added);
  }

  /** The earliest time at which something comes up. */
  next(): Milliseconds {
    return this.#heap[0]?.at ?? NEVER;
  }

  /** Takes out the next item that is due, or undefined; the caller schedules it again. */
  takeDue(now: Milliseconds): Item | undefined {
    const top = this.#heap[0];
    if (top === undefined || top.at > now) return undefined;
    this.remove(top.item);
    return top.item;
  }

  /** Forgets an item. */
  remove(item: Item): void {
    const timer = this.#byItem.get(item);
    const last = this.#heap.at(-1);
    if (timer === undefined || last === undefined) return;
    this.#byItem.delete(item);
    this.#heap.pop();
    if (last === timer) return;
    this.#put(last, timer.place);
    this.#rise(last);
    this.#sink(last);
  }

  /** How many items are scheduled. */
  get size(): number {
    return this.#heap.length;
  }

  #rise(timer: Timer<Item>): void {
    for (;;) {
      const parent = this.#heap[(timer.place - 1) >> 1];
      if (timer.place === 0 || parent === undefined || parent.at <= timer.at) return;
      this.#swap(timer, parent);
    }
  }

  #sink(timer: Timer<Item>): void {
    for (;;) {
      const left = this.#heap[2 * timer.place + 1];
      const right = this.#heap[2 * timer.place + 2];
      const child = right !== undefined && left !== undefined && right.at < left.at ? right : left;
      if (child === undefined || timer.at <= child.at) return;
      this.#swap(timer, child);
    }
  }

  #swap(a: Timer<Item>, b: Timer<Item>): void {
    const place = a.place;
    this.#put(a, b.place);
    this.#put(b, place);
  }

  #put(timer: Timer<Item>, place: number): void {
    timer.place = place;
    this.#heap[place] = timer;
  }
}
