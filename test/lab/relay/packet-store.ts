/** Bytes of a slot: a packet of an Ethernet line, and some more. */
export const SLOT_BYTES = 2048;

/** Packets under way, each in a slot of one arena. A slot is known by its offset in the arena. */
export class PacketStore {
  readonly arena: Uint8Array;
  readonly #lengths: Uint16Array;
  readonly #free: Int32Array;
  #freeCount: number;

  /** The first `reserved` bytes of the arena, a multiple of the slot size, are the caller's. */
  constructor(reserved: number, slots: number) {
    this.arena = new Uint8Array(new SharedArrayBuffer(reserved + slots * SLOT_BYTES));
    this.#lengths = new Uint16Array(this.arena.length / SLOT_BYTES);
    this.#free = Int32Array.from({ length: slots }, (_, index) => reserved + (slots - 1 - index) * SLOT_BYTES);
    this.#freeCount = slots;
  }

  /** Copies a packet of the arena into a slot. Throws when none is free or the packet is larger than a slot. */
  put(offset: number, length: number): number {
    const slot = this.#free[--this.#freeCount];
    if (slot === undefined) throw new Error("the relay holds too many packets: give its lines shorter queues");
    if (length > SLOT_BYTES) throw new Error(`a packet of ${length} bytes: the relay takes up to ${SLOT_BYTES}`);
    this.arena.copyWithin(slot, offset, offset + length);
    this.#lengths[slot / SLOT_BYTES] = length;
    return slot;
  }

  copy(slot: number): number {
    return this.put(slot, this.length(slot));
  }

  length(slot: number): number {
    return this.#lengths[slot / SLOT_BYTES] ?? 0;
  }

  /** Flips one bit: `bit` modulo the packet's number of bits. */
  flip(slot: number, bit: number): void {
    const position = bit % (this.length(slot) * 8);
    const index = slot + (position >> 3);
    this.arena[index] = (this.arena[index] ?? 0) ^ (1 << (position & 7));
  }

  release(slot: number): void {
    this.#free[this.#freeCount++] = slot;
  }
}
