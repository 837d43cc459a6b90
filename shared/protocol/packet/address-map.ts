const KEY_WORDS = 4;
// Every client has a map of its own addresses, which are one or two.
const INITIAL_CAPACITY = 4;

/** A map from addresses, as four 32-bit words, to values: open addressing, so that looking up allocates nothing. */
export class AddressMap<T extends NonNullable<unknown>> {
  #keys = new Int32Array(INITIAL_CAPACITY * KEY_WORDS);
  #values: (T | undefined)[] = Array.from({ length: INITIAL_CAPACITY }, () => undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(a: number, b: number, c: number, d: number): T | undefined {
    return this.#values[this.#slotOf(a, b, c, d)];
  }

  /** Sets the value of an address, in place of the one it had. */
  set(a: number, b: number, c: number, d: number, value: T): void {
    // At most half full, so that chains stay short and always end.
    if (2 * (this.#size + 1) > this.#values.length) this.#rebuild(2 * this.#values.length);
    const slot = this.#slotOf(a, b, c, d);
    if (this.#values[slot] === undefined) this.#size++;
    this.#put(slot, a, b, c, d, value);
  }

  /** Removes an address; false when it was not there. */
  delete(a: number, b: number, c: number, d: number): boolean {
    const slot = this.#slotOf(a, b, c, d);
    if (this.#values[slot] === undefined) return false;
    this.#removeAt(slot);
    return true;
  }

  /** Removes every address that has this value, and returns how many there were. */
  deleteValue(value: T): number {
    const values = this.#values;
    const before = this.#size;
    for (let slot = 0; slot < values.length; slot++) {
      if (values[slot] === value) values[slot] = undefined;
    }
    this.#rebuild(values.length);
    return before - this.#size;
  }

  /** The slot that holds the address, or the free one where it belongs. */
  #slotOf(a: number, b: number, c: number, d: number): number {
    const keys = this.#keys;
    const mask = this.#values.length - 1;
    let slot = hashOf(a, b, c, d) & mask;
    while (this.#values[slot] !== undefined) {
      const key = slot * KEY_WORDS;
      if (keys[key] === a && keys[key + 1] === b && keys[key + 2] === c && keys[key + 3] === d) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #put(slot: number, a: number, b: number, c: number, d: number, value: T): void {
    const key = slot * KEY_WORDS;
    this.#keys[key] = a;
    this.#keys[key + 1] = b;
    this.#keys[key + 2] = c;
    this.#keys[key + 3] = d;
    this.#values[slot] = value;
  }

  /** Frees a slot and closes the gap that it leaves in the chain behind it. */
  #removeAt(freed: number): void {
    const mask = this.#values.length - 1;
    let gap = freed;
    this.#values[gap] = undefined;
    this.#size--;
    for (let slot = (gap + 1) & mask; this.#values[slot] !== undefined; slot = (slot + 1) & mask) {
      const home = this.#homeOf(slot) & mask;
      // An entry may move up to the gap unless its home lies behind the gap.
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      this.#keys.copyWithin(gap * KEY_WORDS, slot * KEY_WORDS, (slot + 1) * KEY_WORDS);
      this.#values[gap] = this.#values[slot];
      this.#values[slot] = undefined;
      gap = slot;
    }
  }

  #homeOf(slot: number): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#keys.subarray(slot * KEY_WORDS, (slot + 1) * KEY_WORDS);
    return hashOf(a, b, c, d);
  }

  #rebuild(capacity: number): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Int32Array(capacity * KEY_WORDS);
    this.#values = Array.from({ length: capacity }, () => undefined);
    this.#size = 0;
    for (const [slot, value] of values.entries()) {
      if (value === undefined) continue;
      const [a = 0, b = 0, c = 0, d = 0] = keys.subarray(slot * KEY_WORDS, (slot + 1) * KEY_WORDS);
      this.#put(this.#slotOf(a, b, c, d), a, b, c, d, value);
      this.#size++;
    }
  }
}

function hashOf(a: number, b: number, c: number, d: number): number {
  let hash =
    Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ Math.imul(c, 0xc2b2ae3d) ^ Math.imul(d, 0x27d4eb2f);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
