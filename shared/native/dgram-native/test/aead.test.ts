import assert from "node:assert/strict";
import { createCipheriv, randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { Aead, type Cipher, NO_KEY } from "../index.ts";
import { ReceiveBatch, TransmitBatch } from "./batches.ts";

const CIPHERS: readonly Cipher[] = ["aes-256-gcm", "chacha20-poly1305"];
const STRIDE = 2048;
const NONCES = [0n, 1n, 0x7fff_ffffn, 0x8000_0000n, 0x0123_4567_89ab_cdefn, 0xffff_ffff_ffff_fffen];
const WORDS = { word0: 0x0312_3456, word1: 0xfeed_f00d | 0 } as const;

for (const cipher of CIPHERS) {
  describe(`An AEAD with ${cipher}`, () => {
    it("seals as node:crypto does, for every length and split of head and body", () => {
      const key = randomBytes(32);
      const aead = new Aead(1);
      const slot = aead.addKey(cipher, key);

      for (const [index, length] of lengths().entries()) {
        const text = randomBytes(length);
        const nonce = NONCES[index % NONCES.length] ?? 0n;
        const split = (index * 13) % (length + 1);

        const sealed = sealOne(aead, slot, nonce, text.subarray(0, split), text.subarray(split));

        assert.deepEqual(sealed, sealByNode(cipher, key, nonce, text));
      }
    });

    it("opens what node:crypto sealed, in place", () => {
      const key = randomBytes(32);
      const aead = new Aead(1);
      const slot = aead.addKey(cipher, key);

      for (const [index, length] of lengths().entries()) {
        const text = randomBytes(length);
        const nonce = NONCES[index % NONCES.length] ?? 0n;

        const result = openOne(aead, slot, nonce, sealByNode(cipher, key, nonce, text));

        assert.equal(result.isOpened, 1);
        assert.deepEqual(result.datagram.subarray(8, 8 + length), new Uint8Array(text));
      }
    });

    it("refuses a datagram with any bit changed and leaves zeros, not unauthenticated text", () => {
      const aead = new Aead(1);
      const slot = aead.addKey(cipher, randomBytes(32));
      const text = randomBytes(40);
      const sealed = sealOne(aead, slot, 5n, text, new Uint8Array(0));

      for (let bit = 0; bit < sealed.length * 8; bit++) {
        const changed = sealed.slice();
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));

        const result = openOne(aead, slot, 5n, changed);

        assert.equal(result.isOpened, 0);
        assert.deepEqual(result.datagram.subarray(8, 48), new Uint8Array(40));
      }
      assert.equal(openOne(aead, slot, 6n, sealed).isOpened, 0);
      assert.equal(openOne(aead, slot, 5n, sealed).isOpened, 1);
    });

    it("opens nothing that is shorter than header and tag", () => {
      const aead = new Aead(1);
      const slot = aead.addKey(cipher, randomBytes(32));

      for (let length = 0; length < 24; length++) {
        assert.equal(openOne(aead, slot, 0n, new Uint8Array(length)).isOpened, 0);
      }
      assert.equal(
        openOne(aead, slot, 0n, sealOne(aead, slot, 0n, new Uint8Array(0), new Uint8Array(0))).isOpened,
        1,
      );
    });
  });
}

describe("The key slots of an AEAD", () => {
  it("open nothing when they are empty, removed or out of range", () => {
    const aead = new Aead(2);
    const slot = aead.addKey("aes-256-gcm", new Uint8Array(32));
    const sealed = sealOne(aead, slot, 1n, numbers(100), new Uint8Array(0));
    aead.removeKey(slot);

    for (const wrong of [slot, slot + 1, 2, 3, 1 << 30, -2, -2147483648]) {
      assert.equal(openOne(aead, wrong, 1n, sealed).isOpened, 0);
    }
    assert.throws(() => sealOne(aead, slot, 1n, numbers(1), numbers(1)), RangeError);
    assert.throws(() => aead.removeKey(slot), RangeError);
  });

  it("leave rows without a key alone", () => {
    const aead = new Aead(1);
    const batch = new ReceiveBatch(4);
    batch.set(0, "length", 100);
    batch.set(0, "keySlot", NO_KEY);
    batch.set(0, "isOpened", 7);

    assert.equal(aead.open(batch.arena, batch.columns, 4, 0, 1), 0);
    assert.equal(batch.get(0, "isOpened"), 7);
  });

  it("are as many as asked for, and a freed one is used again last", () => {
    const aead = new Aead(3);
    const key = new Uint8Array(32);
    const slots = [0, 1, 2].map(() => aead.addKey("chacha20-poly1305", key));

    assert.deepEqual(slots, [0, 1, 2]);
    assert.throws(() => aead.addKey("aes-256-gcm", key), { code: "ENOSPC" });
    aead.removeKey(1);
    assert.equal(aead.addKey("aes-256-gcm", key), 1);
    aead.removeKey(1);
    aead.removeKey(2);
    assert.equal(aead.addKey("aes-256-gcm", key), 2);
  });

  it("hold different ciphers and open only their own rows of one batch", () => {
    const aead = new Aead(2);
    const keys = [randomBytes(32), randomBytes(32)];
    const slots = CIPHERS.map((cipher, index) => aead.addKey(cipher, keys[index] ?? new Uint8Array(0)));
    const batch = new ReceiveBatch(64);
    for (let row = 0; row < 64; row++) {
      const cipher = CIPHERS[row % 2] ?? "aes-256-gcm";
      const sealed = sealByNode(cipher, keys[row % 2] ?? new Uint8Array(0), BigInt(row), numbers(row));
      batch.arena.set(sealed, row * STRIDE);
      batch.set(row, "offset", row * STRIDE);
      batch.set(row, "length", sealed.length);
      batch.set(row, "nonceLow", row);
      batch.set(row, "keySlot", slots[row % 3 === 0 ? (row + 1) % 2 : row % 2] ?? 0);
    }

    const opened = aead.open(batch.arena, batch.columns, 64, 1, 63);

    const expected = Array.from({ length: 64 }, (_, row) => (row > 0 && row < 63 && row % 3 !== 0 ? 1 : 0));
    assert.deepEqual(
      expected,
      expected.map((_, row) => batch.get(row, "isOpened")),
    );
    assert.equal(opened, expected.filter((isOpened) => isOpened === 1).length);
  });
});

describe("Sealing into plain memory", () => {
  it("writes rows without a key as they stand, at the stride, and nothing beyond them", () => {
    const aead = new Aead(1);
    const batch = new TransmitBatch();
    for (let row = 0; row < 5; row++) batch.add({ head: numbers(row + 1), body: numbers(row + 3) });
    const out = new Uint8Array(400).fill(0xee);
    const lengths = new Int32Array(3);

    aead.seal(batch.arena, batch.columns, batch.capacity, 1, 4, out, 10, 100, lengths);

    assert.deepEqual([...lengths], [6, 8, 10]);
    assert.deepEqual([...out.subarray(10, 16)], [0, 1, 0, 1, 2, 3]);
    assert.deepEqual([...out.subarray(210, 220)], [0, 1, 2, 3, 0, 1, 2, 3, 4, 5]);
    assert.equal(out.filter((byte) => byte !== 0xee).length, 24);
  });

  it("keeps a copy of head and body where a row asks for one", () => {
    const aead = new Aead(1);
    const slot = aead.addKey("aes-256-gcm", new Uint8Array(32));
    const batch = new TransmitBatch();
    batch.add({ head: numbers(7), body: numbers(90), copyTo: 3000, seal: { slot, nonce: 0n, ...WORDS } });
    batch.add({ head: numbers(3), copyTo: 4000 });
    batch.add({ head: numbers(5) });

    aead.seal(batch.arena, batch.columns, batch.capacity, 0, 3, new Uint8Array(600), 0, 200, new Int32Array(3));

    assert.deepEqual(batch.arena.slice(3000, 3097), new Uint8Array([...numbers(7), ...numbers(90)]));
    assert.deepEqual(batch.arena.slice(4000, 4003), numbers(3));
    assert.ok(batch.arena.subarray(3097, 4000).every((byte) => byte === 0));
  });

  it("refuses a copy that does not fit into the arena", () => {
    const aead = new Aead(1);
    const batch = new TransmitBatch();
    const out = new Uint8Array(100);
    for (const copyTo of [-1, batch.arena.length - 9, batch.arena.length, 2 ** 31 - 1]) {
      batch.count = 0;
      batch.add({ head: numbers(4), body: numbers(6), copyTo });

      assert.throws(
        () => aead.seal(batch.arena, batch.columns, batch.capacity, 0, 1, out, 0, 100, new Int32Array(1)),
        /row 0: copy lies outside the arena/,
      );
    }
  });

  it("refuses rows that exceed the stride, and room that is too small", () => {
    const aead = new Aead(1);
    const slot = aead.addKey("aes-256-gcm", new Uint8Array(32));
    const batch = new TransmitBatch();
    batch.add({ head: numbers(20), seal: { slot, nonce: 0n, ...WORDS } });
    const seal = (out: Uint8Array, offset: number, stride: number, lengths: Int32Array) => () =>
      aead.seal(batch.arena, batch.columns, batch.capacity, 0, 1, out, offset, stride, lengths);

    seal(new Uint8Array(44), 0, 44, new Int32Array(1))();
    assert.throws(seal(new Uint8Array(44), 0, 43, new Int32Array(1)), /row 0: datagram is longer/);
    assert.throws(seal(new Uint8Array(43), 0, 44, new Int32Array(1)), RangeError);
    assert.throws(seal(new Uint8Array(44), 1, 44, new Int32Array(1)), RangeError);
    assert.throws(seal(new Uint8Array(44), 0, 44, new Int32Array(0)), RangeError);
  });
});

function lengths(): number[] {
  return [...Array.from({ length: 200 }, (_, length) => length), 255, 256, 257, 1023, 1024, 1376, 1400, 1500, 2000];
}

function numbers(length: number): Uint8Array {
  return new Uint8Array(length).map((_, index) => index);
}

function sealOne(aead: Aead, slot: number, nonce: bigint, head: Uint8Array, body: Uint8Array): Uint8Array {
  const batch = new TransmitBatch(1, 8192);
  batch.add({ head, body, seal: { slot, nonce, ...WORDS } });
  const out = new Uint8Array(STRIDE);
  const lengths = new Int32Array(1);
  aead.seal(batch.arena, batch.columns, 1, 0, 1, out, 0, STRIDE, lengths);
  return out.slice(0, lengths[0]);
}

function openOne(aead: Aead, slot: number, nonce: bigint, sealed: Uint8Array) {
  const batch = new ReceiveBatch(1, 4096);
  batch.arena.set(sealed, 100);
  batch.set(0, "offset", 100);
  batch.set(0, "length", sealed.length);
  batch.set(0, "nonceHigh", Number(nonce >> 32n));
  batch.set(0, "nonceLow", Number(nonce & 0xffff_ffffn));
  batch.set(0, "keySlot", slot);
  const opened = aead.open(batch.arena, batch.columns, 1, 0, 1);
  assert.equal(opened, batch.get(0, "isOpened"));
  return { isOpened: batch.get(0, "isOpened"), datagram: batch.datagram(0) };
}

/** The whole datagram by node:crypto, whose OpenSSL is tested against the vectors of RFC 8439 and NIST. */
function sealByNode(cipher: Cipher, key: Uint8Array, number: bigint, text: Uint8Array): Uint8Array {
  const associated = Buffer.alloc(8);
  associated.writeInt32BE(WORDS.word0, 0);
  associated.writeInt32BE(WORDS.word1, 4);
  const nonce = Buffer.alloc(12);
  if (cipher === "aes-256-gcm") {
    nonce.writeBigUInt64BE(number, 4);
    const aes = createCipheriv("aes-256-gcm", key, nonce).setAAD(associated);
    return new Uint8Array(Buffer.concat([associated, aes.update(text), aes.final(), aes.getAuthTag()]));
  }
  nonce.writeBigUInt64LE(number, 4);
  const chacha = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  chacha.setAAD(associated, { plaintextLength: text.length });
  return new Uint8Array(Buffer.concat([associated, chacha.update(text), chacha.final(), chacha.getAuthTag()]));
}
