/** An X25519 key pair (RFC 7748), 32 bytes each. */
export type KeyPair = { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array };

/**
 * The primitives that the handshake needs, given from outside so that this core stays free of randomness and of
 * implementations: X25519, BLAKE2b-512 (RFC 7693) and ChaCha20-Poly1305 (RFC 8439).
 */
export interface HandshakeCrypto {
  /** Fresh random bytes. */
  random(length: number): Uint8Array;
  generateKeyPair(): KeyPair;
  /** The shared secret of 32 bytes; undefined when the peer's public key is of low order. */
  agree(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined;
  /** BLAKE2b of all parts one behind the other, 64 bytes. */
  hash(...parts: readonly Uint8Array[]): Uint8Array;
  /** Sealed bytes and the 16-byte tag. The 96-bit nonce is 32 zero bits and the counter, little endian (Noise §12). */
  encrypt(key: Uint8Array, counter: number, associated: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** The plaintext, or undefined when the tag is wrong. */
  decrypt(key: Uint8Array, counter: number, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}
