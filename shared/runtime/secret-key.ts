import { randomBytes } from "node:crypto";
import type { HandshakeCrypto } from "../protocol/session/handshake-crypto.ts";
import { type SecretKey, secretKeyOf } from "../protocol/session/key-id.ts";

const KEY_SIZE = 32;

// Argon2id (RFC 9106). Measured: 0.2 s of a core, paid once per secret at start.
const PASSES = 3;
const MEMORY = 64 * 1024 * 1024;
// Both ends must derive the same key from the text alone, so there is nothing to make a salt of: this one only keeps
// the derivation apart from every other use of Argon2id. One table of likely passwords serves against all who use
// passwords, and the key id lets an eavesdropper test them; only `hawser genkey` is safe against that.
const SALT = "hawser-password1";

/** A new secret as text: 32 random bytes in base64, as `hawser genkey` prints it. */
export function generateSecretText(): string {
  return randomBytes(KEY_SIZE).toString("base64");
}

/**
 * The secret that the text of a `password` key means: 32 bytes in base64 are taken as they are; every other text is
 * stretched with Argon2id, which blocks the thread for some tenths of a second. The text must not be empty.
 */
export async function secretKeyFromText(crypto: HandshakeCrypto, text: string): Promise<SecretKey> {
  if (text === "") throw new RangeError("the text of a secret must not be empty");
  return secretKeyOf(crypto, isRandomKey(text) ? Uint8Array.from(Buffer.from(text, "base64")) : await stretch(text));
}

/** Whether the text is exactly 32 bytes in base64, so that it is not stretched. */
export function isRandomKey(text: string): boolean {
  const bytes = Buffer.from(text, "base64");
  return bytes.length === KEY_SIZE && bytes.toString("base64") === text;
}

async function stretch(text: string): Promise<Uint8Array> {
  // Only passwords need this larger build of libsodium.
  const { default: sodium } = await import("libsodium-wrappers-sumo");
  await sodium.ready;
  return sodium.crypto_pwhash(
    KEY_SIZE,
    // The same letters may be typed as different code points on different machines.
    text.normalize("NFC"),
    new TextEncoder().encode(SALT),
    PASSES,
    MEMORY,
    sodium.crypto_pwhash_ALG_ARGON2ID13,
  );
}
