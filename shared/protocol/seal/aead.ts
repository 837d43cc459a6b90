import type { ReceiveBatch } from "../packet/receive-batch.ts";

/** The AEADs of the data path, by the number that the cipher option carries. */
export const CIPHERS = { "aes-256-gcm": 1, "chacha20-poly1305": 2 } as const;
export type Cipher = keyof typeof CIPHERS;

/**
 * The data path's AEAD, given from outside. Keys live in numbered slots, one per direction and session; sealing is
 * done by whoever sends a `TransmitBatch`. The 96-bit nonce is 32 zero bits and the 64-bit packet number: big endian
 * for AES-256-GCM, little endian for ChaCha20-Poly1305 (Noise §12).
 */
export interface Aead {
  /** Puts a key of 32 bytes into a free slot and returns the slot. */
  addKey(cipher: Cipher, key: Uint8Array): number;
  removeKey(slot: number): void;
  /** Opens every row whose key slot is set, in place, and sets its `isOpened`. */
  open(batch: ReceiveBatch): void;
}
