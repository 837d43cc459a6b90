import sodium from "libsodium-wrappers";
import type { HandshakeCrypto } from "../protocol/session/handshake-crypto.ts";

const HASH_SIZE = 64;
const NONCE_SIZE = 12;
const COUNTER_OFFSET = 4;

/** The handshake's primitives by libsodium, once its WebAssembly is ready. */
export async function createHandshakeCrypto(): Promise<HandshakeCrypto> {
  await sodium.ready;
  return {
    random: (length) => sodium.randombytes_buf(length),
    generateKeyPair: () => {
      const { publicKey, privateKey } = sodium.crypto_box_keypair();
      return { publicKey, privateKey };
    },
    agree: (privateKey, publicKey) => undefinedOnError(() => sodium.crypto_scalarmult(privateKey, publicKey)),
    hash: (...parts) => sodium.crypto_generichash(HASH_SIZE, joined(parts), null),
    encrypt: (key, counter, associated, plaintext) =>
      sodium.crypto_aead_chacha20poly1305_ietf_encrypt(plaintext, associated, null, nonce(counter), key),
    decrypt: (key, counter, associated, sealed) =>
      undefinedOnError(() =>
        sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, sealed, associated, nonce(counter), key),
      ),
  };
}

// The wrappers throw for a public key of low order and for a wrong tag, and have no other way to say so.
function undefinedOnError(operation: () => Uint8Array): Uint8Array | undefined {
  try {
    return operation();
  } catch {
    return undefined;
  }
}

function nonce(counter: number): Uint8Array {
  const bytes = new Uint8Array(NONCE_SIZE);
  new DataView(bytes.buffer).setBigUint64(COUNTER_OFFSET, BigInt(counter), true);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
