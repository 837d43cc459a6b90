import { type Milliseconds, NEVER } from "./units.ts";

type Timer<Item> = { readonly item: Item; at: Milliseconds; place: number };

// The place of a timer that has come up and was not set again: it is kept, as most are set again at once.
const NOWHERE = -1;

/** When each of many things wants to be called next: a binary heap with one entry per item. */
export class Timers<Item> {
  readonly #heap: Timer<Item>[] = [];
  readonly #byItem = new Map<Item, Timer<Item>>();

  /** Asks that `item` comes up at `at`, and no sooner than that. */
  set(item: Item, at: Milliseconds): void {
    const timer = this.#byItem.get(item);
    if (timer === undefined || timer.place === NOWHERE || timer.at >= at) this.schedule(item, at);
    else if (at === NEVER) this.#takeOut(timer);
    else {
      timer.at = at;
      this.#sink(timer);
    }
  }

  /** Asks that `item` comes up at `at` or sooner. */
  schedule(item: Item, at: Milliseconds): void {
    if (at === NEVER) return;
    const timer = this.#byItem.get(item) ?? this.#add(item);
    if (timer.place === NOWHERE) {
      timer.place = this.#heap.length;
      this.#heap.push(timer);
    } else if (timer.at <= at) return;
    timer.at = at;
    this.#rise(timer);
  }

  /** The earliest time at which something comes up. */
  next(): Milliseconds {
    return this.#heap[0]?.at ?? NEVER;
  }

  /** Takes out the next item that is due, or undefined; the caller schedules it again. */
  takeDue(now: Milliseconds): Item | undefined {
    const top = this.#heap[0];
    if (top === undefined || top.at > now) return undefined;
    this.#takeOut(top);
    return top.item;
  }

  /** Forgets an item. */
  remove(item: Item): void {
    const timer = this.#byItem.get(item);
    if (timer === undefined) return;
    this.#byItem.delete(item);
    if (timer.place !== NOWHERE) this.#takeOut(timer);
  }

  /** How many items are scheduled. */
  get size(): number {
    return this.#heap.length;
  }

  #add(item: Item): Timer<Item> {
    const timer = { item, at: NEVER, place: NOWHERE };
    this.#byItem.set(item, timer);
    return timer;
  }

  #takeOut(timer: Timer<Item>): void {
    const { place } = timer;
    const last = this.#heap.pop();
    timer.place = NOWHERE;
    if (last === undefined || last === timer) return;
    this.#put(last, place);
    this.#rise(last);
    this.#sink(last);
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
