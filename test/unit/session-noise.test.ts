import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  readFirstMessage,
  readSecondMessage,
  split,
  startHandshake,
  writeFirstMessage,
  writeSecondMessage,
} from "../../shared/protocol/session/noise.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { fromHex, keyPairOf, toHex } from "../support/session-handshake.ts";

// The cacophony project's vector for Noise_NNpsk0_25519_ChaChaPoly_BLAKE2b.
const PROLOGUE = fromHex("4a6f686e2047616c74");
const PSK = fromHex("54686973206973206d7920417573747269616e20706572737065637469766521");
const INITIATOR_KEY = fromHex("893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a");
const RESPONDER_KEY = fromHex("bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b");
const HANDSHAKE_HASH =
  "ed5e9692d0ab507b6c2beec3f584fd5b127817a9d20b26cd50aa72c507260fa31aa7d88dd3723316338af37ce0b4cfb2923aeb848bbf2b93" +
  "4911306f01ffc963";
const FIRST = {
  payload: "4c756477696720766f6e204d69736573",
  message:
    "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944ed63df2f5a12aee1185ee9c50305f2ecf12421dcb53c047a" +
    "63b784cf7c54a105",
};
const SECOND = {
  payload: "4d757272617920526f746862617264",
  message:
    "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088430e0fe7d5c0c9b92f7478716c8852f1b4f389edb75e3ebe54" +
    "6fafafd5b6f0f7",
};
// Transport messages in turn, the initiator's first; each side counts its own nonces.
const TRANSPORT = [
  { payload: "462e20412e20486179656b", message: "0fe04b26dcfbb69f8a6a94c61f1a26ef88769218d32f5d17c068a6" },
  { payload: "4361726c204d656e676572", message: "2239e0c540c01f09eb1f4cc5258fd5acfefff18a5a3773f21b7bfe" },
  {
    payload: "4a65616e2d426170746973746520536179",
    message: "f216cb03d30fb8af1e561fe02a07552d09b416e27a75e62c77d193718b0bdaae9f",
  },
  {
    payload: "457567656e2042f6686d20766f6e2042617765726b",
    message: "6e8baf98b944184dd7dc5ef14d8108cbeca626de118a5460f3308e294d61e17238bce29bd9",
  },
];

const crypto = await createHandshakeCrypto();
const start = startHandshake(crypto, PSK, PROLOGUE);
const initiator = keyPairOf(crypto, INITIATOR_KEY);
const responder = keyPairOf(crypto, RESPONDER_KEY);

describe("Noise_NNpsk0_25519_ChaChaPoly_BLAKE2b", () => {
  it("writes the published first message", () => {
    const written = writeFirstMessage(crypto, start, initiator, fromHex(FIRST.payload));

    assert.equal(toHex(written.message), FIRST.message);
  });

  it("reads the published first message", () => {
    const read = readFirstMessage(crypto, start, fromHex(FIRST.message));

    assert.ok(read !== undefined);
    assert.equal(toHex(read.payload), FIRST.payload);
    assert.deepEqual(read.ephemeral, initiator.publicKey);
  });

  it("writes the published second message and ends with the published hash", () => {
    const written = respond();

    assert.equal(toHex(written.message), SECOND.message);
    assert.equal(toHex(written.state.hash), HANDSHAKE_HASH);
  });

  it("reads the published second message and ends with the published hash", () => {
    const first = writeFirstMessage(crypto, start, initiator, fromHex(FIRST.payload));
    const read = readSecondMessage(crypto, first.state, initiator.privateKey, fromHex(SECOND.message));

    assert.ok(read !== undefined);
    assert.equal(toHex(read.payload), SECOND.payload);
    assert.equal(toHex(read.state.hash), HANDSHAKE_HASH);
  });

  it("splits into the keys of the published transport messages, the initiator's first (§5.2)", () => {
    const { initiatorKey, responderKey } = split(crypto, respond().state);

    for (const [index, { payload, message }] of TRANSPORT.entries()) {
      const key = index % 2 === 0 ? initiatorKey : responderKey;
      const sealed = crypto.encrypt(key, Math.floor(index / 2), new Uint8Array(0), fromHex(payload));
      assert.equal(toHex(sealed), message);
    }
  });

  it("refuses a first message under another psk", () => {
    const other = startHandshake(crypto, new Uint8Array(32), PROLOGUE);

    assert.equal(readFirstMessage(crypto, other, fromHex(FIRST.message)), undefined);
  });

  it("refuses a first message with another prologue", () => {
    const other = startHandshake(crypto, PSK, PROLOGUE.subarray(1));

    assert.equal(readFirstMessage(crypto, other, fromHex(FIRST.message)), undefined);
  });

  it("refuses messages that are shorter than an empty one", () => {
    assert.equal(readFirstMessage(crypto, start, new Uint8Array(47)), undefined);
    assert.equal(readSecondMessage(crypto, start, INITIATOR_KEY, new Uint8Array(47)), undefined);
  });

  it("refuses ephemeral keys of low order on both sides (RFC 7748 §6.1)", () => {
    for (const point of LOW_ORDER_POINTS) {
      const written = writeSecondMessage(crypto, start, responder, fromHex(point), new Uint8Array(0));
      assert.equal(written, undefined, point);
      const message = Uint8Array.of(...fromHex(point), ...new Uint8Array(16));
      assert.equal(readSecondMessage(crypto, start, INITIATOR_KEY, message), undefined, point);
    }
  });
});

// The points of small order on Curve25519, as listed in libsodium and at https://cr.yp.to/ecdh.html.
const LOW_ORDER_POINTS = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

function respond() {
  const read = readFirstMessage(crypto, start, fromHex(FIRST.message));
  assert.ok(read !== undefined);
  const written = writeSecondMessage(crypto, read.state, responder, read.ephemeral, fromHex(SECOND.payload));
  assert.ok(written !== undefined);
  return written;
}
