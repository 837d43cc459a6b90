import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KEY_ID_SIZE, keyIdText } from "../../shared/protocol/session/key-id.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { generateSecretText, isRandomKey, secretKeyFromText } from "../../shared/runtime/secret-key.ts";
import { toHex } from "../support/session-handshake.ts";

const crypto = await createHandshakeCrypto();

describe("A secret", () => {
  it("of 32 bytes in base64 is those bytes", async () => {
    const text = Buffer.alloc(32, 7).toString("base64");

    assert.deepEqual((await secretKeyFromText(crypto, text)).key, new Uint8Array(32).fill(7));
  });

  it("that was generated is 32 random bytes in base64", async () => {
    const text = generateSecretText();

    assert.equal(isRandomKey(text), true);
    assert.deepEqual(Buffer.from((await secretKeyFromText(crypto, text)).key).toString("base64"), text);
    assert.notEqual(generateSecretText(), text);
  });

  it("of any other text is stretched with Argon2id (RFC 9106): 3 passes, 64 MiB, one lane", async () => {
    const { key } = await secretKeyFromText(crypto, "correct horse battery staple");

    // What the reference implementation gives for: argon2 hawser-password1 -id -t 3 -k 65536 -p 1 -l 32
    assert.equal(toHex(key), "22f5a37492f696d2c96f2eaa4aaefb4dc1a411a788ad7f6b4b8bfb3a245f4fdf");
  });

  it("of the same letters in another Unicode form is the same", async () => {
    const composed = await secretKeyFromText(crypto, "schl\u00fcssel");
    const decomposed = await secretKeyFromText(crypto, "schlu\u0308ssel");

    assert.deepEqual(composed, decomposed);
  });

  it("has a key id that is the same on both ends and differs between secrets", async () => {
    const text = generateSecretText();
    const first = await secretKeyFromText(crypto, text);
    const second = await secretKeyFromText(crypto, text);
    const other = await secretKeyFromText(crypto, generateSecretText());

    assert.deepEqual(first.keyId, second.keyId);
    assert.notDeepEqual(first.keyId, other.keyId);
    assert.equal(first.keyId.length, KEY_ID_SIZE);
    assert.equal(keyIdText(Uint8Array.of(0, 0x0f, 0xff)), "000fff");
  });

  it("is not taken from an empty text", async () => {
    await assert.rejects(secretKeyFromText(crypto, ""), RangeError);
  });
});

describe("A text in base64", () => {
  it("is no random key when it has another length, other letters or stray bits", () => {
    const text = Buffer.alloc(32, 7).toString("base64");

    for (const other of [text.slice(0, -1), `${text} `, text.replace("B", "-"), `${text.slice(0, -2)}d=`, "AAAA"]) {
      assert.equal(isRandomKey(other), false, other);
    }
  });
});
