import type { HandshakeCrypto } from "./handshake-crypto.ts";

/** The size of a key id. */
export const KEY_ID_SIZE = 16;

// "hawser key id 1", in ASCII: what the hash is for, so that it is never the same as one for another purpose.
const LABEL = Uint8Array.of(0x68, 0x61, 0x77, 0x73, 0x65, 0x72, 0x20, 0x6b, 0x65, 0x79, 0x20, 0x69, 0x64, 0x20, 0x31);

/** A shared secret: the 32 bytes that are Noise's psk, and the id by which a server finds them. */
export type SecretKey = { readonly key: Uint8Array; readonly keyId: Uint8Array };

/**
 * The secret of these 32 bytes. Its id is the first 16 bytes of BLAKE2b-512 of a label and the key: it stands in clear
 * in every initiation and tells nothing of a random key.
 */
export function secretKeyOf(crypto: HandshakeCrypto, key: Uint8Array): SecretKey {
  return { key, keyId: crypto.hash(LABEL, key).slice(0, KEY_ID_SIZE) };
}

/** A key id as text, for a look-up table. */
export function keyIdText(keyId: Uint8Array): string {
  let text = "";
  for (const byte of keyId) text += byte.toString(16).padStart(2, "0");
  return text;
}
