/** The AEADs by OpenSSL's names; keys have 32 bytes, nonces 96 bits, tags 16 bytes. */
export type Cipher = "aes-256-gcm" | "chacha20-poly1305";

/**
 * Keys in numbered slots, and the sealing and opening of batches under them by Node's own OpenSSL. The nonce is 32
 * zero bits and the row's 64-bit packet number: big endian for AES-256-GCM, little endian for ChaCha20-Poly1305.
 * Sealing two rows under one key with one number breaks the cipher: the caller counts.
 */
export interface AeadSlots {
  /**
   * Puts a key of 32 bytes into a free slot and returns the slot, which seals and opens. A removed slot's number is
   * given out again as late as possible. Throws ENOSPC when all slots are taken.
   */
  addKey(cipher: Cipher, key: Uint8Array): number;
  /** Wipes the key of a slot. Throws RangeError when the slot holds none. */
  removeKey(slot: number): void;
  /**
   * Opens rows [from, to) of a receive batch in place and returns how many it could: bytes 8 to length - 16 become
   * plain text and `isOpened` 1. A row that is too short, forged, or names a slot without a key gets `isOpened` 0, and
   * its sealed bytes become zeros when a key was tried; rows with `NO_KEY` are left alone. Throws RangeError at a row
   * that lies outside the arena.
   */
  open(arena: Uint8Array, columns: Int32Array, capacity: number, from: number, to: number): number;
  /**
   * Writes rows [from, to) of a transmit batch as they would go on the wire: row `from + i` at `outOffset + i *
   * stride`, its length at `lengths[i]`. `out` must not overlap what is sealed. Throws RangeError at a row that is
   * wrong or longer than the stride.
   */
  seal(
    arena: Uint8Array,
    columns: Int32Array,
    capacity: number,
    from: number,
    to: number,
    out: Uint8Array,
    outOffset: number,
    stride: number,
    lengths: Int32Array,
  ): void;
}
