import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  advance,
  distance,
  isBefore,
  next,
  SEQUENCE_MODULUS,
  sequenceNumber,
} from "../../shared/protocol/bundle/sequence-number.ts";

const FIRST = sequenceNumber(0);
const LAST = sequenceNumber(SEQUENCE_MODULUS - 1);
const HALF = SEQUENCE_MODULUS / 2;

describe("A sequence number", () => {
  it("has 24 bits (RFC 1990 §3)", () => {
    assert.equal(SEQUENCE_MODULUS, 16_777_216);
    assert.equal(sequenceNumber(SEQUENCE_MODULUS), 0);
    assert.equal(sequenceNumber(0xff_12_34_56), 0x12_34_56);
    assert.equal(sequenceNumber(-1), LAST);
  });

  it("wraps after 2^24 - 1 (RFC 1990 §3)", () => {
    assert.equal(next(FIRST), 1);
    assert.equal(next(LAST), FIRST);
  });

  it("advances and goes back over the wrap", () => {
    assert.equal(advance(LAST, 10), 9);
    assert.equal(advance(FIRST, -1), LAST);
    assert.equal(advance(sequenceNumber(7), 0), 7);
    assert.equal(advance(sequenceNumber(7), SEQUENCE_MODULUS), 7);
  });

  it("is before the next one, also over the wrap (RFC 1982 §3.2)", () => {
    assert.equal(isBefore(sequenceNumber(4), sequenceNumber(5)), true);
    assert.equal(isBefore(sequenceNumber(5), sequenceNumber(4)), false);
    assert.equal(isBefore(LAST, FIRST), true);
    assert.equal(isBefore(FIRST, LAST), false);
  });

  it("is not before itself", () => {
    assert.equal(isBefore(LAST, LAST), false);
    assert.equal(distance(LAST, LAST), 0);
  });

  it("has a signed distance to another", () => {
    assert.equal(distance(sequenceNumber(10), sequenceNumber(13)), 3);
    assert.equal(distance(sequenceNumber(13), sequenceNumber(10)), -3);
    assert.equal(distance(LAST, sequenceNumber(2)), 3);
    assert.equal(distance(sequenceNumber(2), LAST), -3);
  });

  it("is at most 2^23 - 1 ahead and 2^23 behind (RFC 1982 §3.2)", () => {
    assert.equal(distance(FIRST, sequenceNumber(HALF - 1)), HALF - 1);
    assert.equal(distance(FIRST, sequenceNumber(HALF)), -HALF);
    assert.equal(distance(FIRST, sequenceNumber(HALF + 1)), 1 - HALF);
  });

  it("is not before one that is 2^23 away, nor after it (RFC 1982 §3.2 leaves it open)", () => {
    assert.equal(isBefore(FIRST, sequenceNumber(HALF)), false);
    assert.equal(isBefore(sequenceNumber(HALF), FIRST), false);
  });
});
