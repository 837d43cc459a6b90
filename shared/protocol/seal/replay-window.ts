const WORD_BITS = 32;
const BIT_MASK = WORD_BITS - 1;

// Links reorder little, but segments sent in one burst (at most 64 a system call) come back shuffled by several queues.
const DEFAULT_SIZE = 2048;

// The keepalives of a session's whole life fit in here, and V8 keeps so few in the object itself.
const FIRST_WORDS = 16;

/**
 * Which packet numbers of one session and direction were received: the sliding bitmap of RFC 6479. Numbers at or
 * below `highest - size` are refused unseen. One word more than the window needs is kept, so that sliding clears
 * whole words and shifts nothing (RFC 6479 §2).
 */
export class ReplayWindow {
  readonly #size: number;
  readonly #wordCount: number;
  // Before any of the first numbers is left behind, these are all words that there are.
  #words = new Int32Array(FIRST_WORDS);
  #highest = -1;
  #received = 0;

  constructor(size: number = DEFAULT_SIZE) {
    this.#size = size;
    this.#wordCount = powerOfTwoFrom(Math.ceil(size / WORD_BITS) + 1);
  }

  /** The highest packet number accepted, -1 when there is none. */
  get highest(): number {
    return this.#highest;
  }

  /** How many packet numbers were accepted, each once. */
  get received(): number {
    return this.#received;
  }

  /** How many packets the peer has sent at least: all up to the highest. */
  get expected(): number {
    return this.#highest + 1;
  }

  /** Whether a packet with this number is neither too old nor seen before; changes nothing. */
  mayAccept(packetNumber: number): boolean {
    if (packetNumber > this.#highest) return true;
    if (this.#highest - packetNumber >= this.#size) return false;
    return (this.#wordOf(packetNumber) & bitOf(packetNumber)) === 0;
  }

  /** Marks an authentic packet's number as seen; false when it may not be accepted. */
  accept(packetNumber: number): boolean {
    if (!this.mayAccept(packetNumber)) return false;
    if (packetNumber > this.#highest) this.#slideTo(packetNumber);
    this.#words[this.#indexOf(packetNumber)] = this.#wordOf(packetNumber) | bitOf(packetNumber);
    this.#received++;
    return true;
  }

  /** Marks `count` consecutive numbers as seen, the first of which is above the highest. */
  acceptRun(first: number, count: number): void {
    const last = first + count - 1;
    this.#slideTo(last);
    for (let number = Math.max(first, last - this.#size + 1); number <= last; ) {
      const inWord = Math.min(WORD_BITS - (number & BIT_MASK), last - number + 1);
      const bits = inWord === WORD_BITS ? -1 : ((1 << inWord) - 1) << number;
      this.#words[this.#indexOf(number)] = this.#wordOf(number) | bits;
      number += inWord;
    }
    this.#received += count;
  }

  #slideTo(packetNumber: number): void {
    if (packetNumber >= FIRST_WORDS * WORD_BITS && this.#words.length < this.#wordCount) this.#widen();
    const words = this.#words;
    const block = Math.floor(this.#highest / WORD_BITS);
    const stale = Math.floor(packetNumber / WORD_BITS) - block;
    if (stale >= words.length) words.fill(0);
    else for (let step = 1; step <= stale; step++) words[(block + step) & (words.length - 1)] = 0;
    this.#highest = packetNumber;
  }

  #widen(): void {
    const words = new Int32Array(this.#wordCount);
    words.set(this.#words);
    this.#words = words;
  }

  #indexOf(packetNumber: number): number {
    // The number of bits is a power of two and divides 2^32, so the low 32 bits of the packet number are enough.
    return (packetNumber >>> 5) & (this.#words.length - 1);
  }

  #wordOf(packetNumber: number): number {
    return this.#words[this.#indexOf(packetNumber)] ?? 0;
  }
}

// A shift takes its count modulo 32.
const bitOf = (packetNumber: number): number => 1 << packetNumber;

function powerOfTwoFrom(count: number): number {
  let power = 1;
  while (power < count) power *= 2;
  return power;
}
