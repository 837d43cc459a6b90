import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  advance,
  distance,
  isBefore,
  next,
  SEQUENCE_MODULUS,
  sequenceNumber,
} from "../../shared/protocol/bundle/sequence-number.ts";

const HALF = SEQUENCE_MODULUS / 2;
const anySequence = fc.integer({ min: 0, max: SEQUENCE_MODULUS - 1 }).map(sequenceNumber);
const anyDistance = fc.integer({ min: -HALF, max: HALF - 1 });
const anyDecidableDistance = fc.integer({ min: 1 - HALF, max: HALF - 1 });

describe("Sequence numbers, whatever their values,", () => {
  it("are as far apart as one was advanced from the other", () => {
    fc.assert(
      fc.property(anySequence, anyDistance, (from, count) => {
        assert.equal(distance(from, advance(from, count)), count);
      }),
    );
  });

  it("stay within 24 bits", () => {
    fc.assert(
      fc.property(anySequence, fc.maxSafeInteger(), (from, count) => {
        const reached = advance(from, count);

        assert.ok(reached >= 0 && reached < SEQUENCE_MODULUS);
        assert.equal(next(from), advance(from, 1));
      }),
    );
  });

  it("are one before the other unless they are equal or 2^23 apart (RFC 1982 §3.2)", () => {
    fc.assert(
      fc.property(anySequence, anyDecidableDistance, (a, count) => {
        const b = advance(a, count);

        assert.equal(isBefore(a, b), count > 0);
        assert.equal(isBefore(b, a), count < 0);
      }),
    );
  });
});
