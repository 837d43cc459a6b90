import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { HANDSHAKE_SIZE } from "../../shared/protocol/session/handshake-datagram.ts";
import { Initiation } from "../../shared/protocol/session/initiation.ts";
import { secretKeyOf } from "../../shared/protocol/session/key-id.ts";
import type { LineTerms } from "../../shared/protocol/session/line-terms.ts";
import { decodeAnswer, encodeAnswer } from "../../shared/protocol/session/link-answer.ts";
import { decodeOffer, encodeOffer, type LinkOffer } from "../../shared/protocol/session/link-offer.ts";
import { readInitiation } from "../../shared/protocol/session/received-initiation.ts";
import { bytes, bytesPerSecond, milliseconds, NEVER, UNLIMITED } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { FULL_ANSWER, FULL_OFFER } from "../support/session-handshake.ts";

const crypto = await createHandshakeCrypto();
const secret = secretKeyOf(crypto, new Uint8Array(32).fill(0x42));
const initiation = Initiation.create(crypto, secret, FULL_OFFER);
const received = readInitiation(crypto, secret, initiation.datagram);
assert.ok(typeof received !== "number");
const made = received.respond(FULL_ANSWER);
assert.ok(typeof made !== "number");
const response = made.datagram;

describe("A handshake message", () => {
  it("is dropped when any bit of any of its bytes is flipped", () => {
    for (let index = 0; index < HANDSHAKE_SIZE; index++) {
      const bit = 1 << (index % 8);

      assert.equal(typeof readInitiation(crypto, secret, flipped(initiation.datagram, index, bit)), "number");
      // Bit 255 of an X25519 key is masked (RFC 7748 §5), but the transcript has the key as it was sent.
      assert.equal(typeof initiation.readResponse(flipped(response, index, index === 39 ? 0x80 : bit)), "number");
    }
  });

  it("is dropped when several of its bytes are changed", () => {
    const changes = fc.array(fc.tuple(fc.nat(HANDSHAKE_SIZE - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(HANDSHAKE_SIZE - 1), { minLength: 1 }), changes, (places, masks) => {
        const change = (message: Uint8Array): Uint8Array =>
          places.reduce((copy, place, index) => flipped(copy, place, masks[index % masks.length]?.[1] ?? 1), message);

        assert.equal(typeof readInitiation(crypto, secret, change(initiation.datagram)), "number");
        assert.equal(typeof initiation.readResponse(change(response)), "number");
      }),
      { numRuns: 300 },
    );
    const after = initiation.readResponse(response);
    assert.ok(typeof after !== "number" && after.kind === "accepted");
  });

  it("of random bytes is dropped and never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1100 }), fc.boolean(), (noise, isFramed) => {
        const datagram = isFramed ? Uint8Array.of(...initiation.datagram.subarray(0, 24), ...noise) : noise;

        assert.equal(typeof readInitiation(crypto, secret, datagram), "number");
        assert.equal(typeof initiation.readResponse(datagram), "number");
      }),
    );
  });
});

describe("A payload", () => {
  it("of random bytes never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (payload) => {
        decodeOffer(payload);
        decodeAnswer(payload);
      }),
      { numRuns: 2000 },
    );
  });

  it("that was changed anywhere is read as something valid or dropped, and never throws", () => {
    const offer = encodeOffer(FULL_OFFER, 400);
    const answer = encodeAnswer(FULL_ANSWER, [], 400);
    const change = fc.tuple(fc.nat(399), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
        const decodedOffer = decodeOffer(overwritten(offer, changes));
        const decodedAnswer = decodeAnswer(overwritten(answer, changes));

        // Whatever was accepted is within all bounds, so it can be written again.
        if (decodedOffer !== undefined && decodedOffer.offer.ciphers.length > 0) {
          assert.deepEqual(decodeOffer(encodeOffer(decodedOffer.offer, 952))?.offer, decodedOffer.offer);
        }
        if (decodedAnswer !== undefined) encodeAnswer(decodedAnswer.answer, decodedAnswer.rejected, 968);
      }),
      { numRuns: 5000 },
    );
  });

  it("is read as it was written, for every offer", () => {
    fc.assert(
      fc.property(anyOffer(), (offer) => {
        assert.deepEqual(decodeOffer(encodeOffer(offer, 952))?.offer, offer);
      }),
    );
  });
});

function anyOffer(): fc.Arbitrary<LinkOffer> {
  const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
  const name = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 16 })
    .filter((text) => !/\p{Cc}/u.test(text) && Buffer.byteLength(text) <= 64);
  const anyRate = fc.oneof(
    fc.constant(UNLIMITED),
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).map(bytesPerSecond),
  );
  const size = fc.integer({ min: 1, max: 65_535 }).map(bytes);
  const address = (length: number) =>
    plainRecord({
      address: fc.uint8Array({ minLength: length, maxLength: length }),
      prefixLength: fc.nat(length * 8),
    });
  return plainRecord({
    linkIndex: fc.integer({ min: 1, max: 2 ** 24 - 1 }),
    clientName: optional(name),
    linkName: name,
    linkDiscriminator: fc.nat(65_535),
    endpointDiscriminator: fc.uint8Array({ minLength: 1, maxLength: 21 }),
    mrru: size,
    classes: fc.integer({ min: 1, max: 16 }),
    ciphers: fc.shuffledSubarray(["aes-256-gcm", "chacha20-poly1305"] as const, { minLength: 1 }),
    sendRate: anyRate,
    receiveRate: anyRate,
    keepalive: fc.integer({ min: 1, max: 2 ** 32 - 1 }).map(milliseconds),
    ip4: optional(address(4)),
    ip6: optional(address(16)),
    lineMtu: optional(size),
    tunnelMtu: optional(size),
    token: optional(fc.uint8Array({ minLength: 12, maxLength: 12 })),
    line: anyLine(),
    allowance: fc.constantFrom("full", "fallback", "throttled"),
    version: name.filter((text) => Buffer.byteLength(text) <= 32),
  });
}

function anyLine(): fc.Arbitrary<LineTerms> {
  return plainRecord({
    downloadMinimum: fc.option(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).map(bytesPerSecond), {
      nil: undefined,
    }),
    overhead: plainRecord({
      framing: fc.constantFrom("frames", "cells"),
      perPacket: fc.nat(65_535),
      smallest: fc.nat(65_535),
    }),
    priority: fc.integer({ min: 1, max: 255 }),
    isFallbackOnly: fc.boolean(),
    lossTolerance: fc.nat(10_000).map((share) => share / 10_000),
    latencyTolerance: fc.oneof(fc.constant(NEVER), fc.integer({ min: 1, max: 2 ** 32 - 2 }).map(milliseconds)),
  });
}

function plainRecord<Shape>(shape: { [Key in keyof Shape]: fc.Arbitrary<Shape[Key]> }): fc.Arbitrary<Shape> {
  return fc.record(shape, { noNullPrototype: true });
}

function flipped(message: Uint8Array, index: number, mask: number): Uint8Array {
  const copy = message.slice();
  copy[index] = (copy[index] ?? 0) ^ mask;
  return copy;
}

function overwritten(message: Uint8Array, changes: readonly (readonly [number, number])[]): Uint8Array {
  const copy = message.slice();
  for (const [index, value] of changes) copy[index] = value;
  return copy;
}
