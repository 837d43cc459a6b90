import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { highWord, inferPacketNumber, lowWord } from "../../shared/protocol/seal/packet-number.ts";

const WORD = 2 ** 32;
const HALF = 2 ** 31;
const LIMIT = 2 ** 53;

describe("An inferred packet number", () => {
  it("is what the header says at the start of a session", () => {
    assert.equal(inferPacketNumber(0, -1), 0);
    assert.equal(inferPacketNumber(5, -1), 5);
  });

  it("is never negative", () => {
    assert.equal(inferPacketNumber(-1, -1), WORD - 1);
    assert.equal(inferPacketNumber(0xffff_fff0, 3), WORD - 16);
  });

  it("goes on above 2^32 when the low bits wrap (RFC 9000 §A.3)", () => {
    assert.equal(inferPacketNumber(0, WORD - 1), WORD);
    assert.equal(inferPacketNumber(7, WORD - 3), WORD + 7);
    assert.equal(inferPacketNumber(7, 5 * WORD - 3), 5 * WORD + 7);
  });

  it("goes back below a wrap for a late packet (RFC 9000 §A.3)", () => {
    assert.equal(inferPacketNumber(WORD - 2, WORD + 4), WORD - 2);
    assert.equal(inferPacketNumber(-2, 9 * WORD + 4), 9 * WORD - 2);
  });

  it("is the same from a signed and an unsigned column", () => {
    assert.equal(inferPacketNumber(-1, 3 * WORD), inferPacketNumber(WORD - 1, 3 * WORD));
    assert.equal(inferPacketNumber(-HALF, 3 * WORD), inferPacketNumber(HALF, 3 * WORD));
  });

  it("is at most 2^31 ahead and 2^31 - 1 behind the expected one (RFC 9000 §A.3)", () => {
    const highest = 4 * WORD - 1;

    assert.equal(inferPacketNumber(HALF, highest), highest + 1 + HALF);
    assert.equal(inferPacketNumber(HALF + 1, highest), highest + 1 - HALF + 1);
  });

  it("stays below 2^53", () => {
    assert.equal(inferPacketNumber(-1, LIMIT - 2), LIMIT - 1);
    assert.equal(inferPacketNumber(1, LIMIT - 1), LIMIT - WORD + 1);
  });
});

describe("The words of a packet number", () => {
  it("are its halves as int32", () => {
    assert.deepEqual([highWord(5), lowWord(5)], [0, 5]);
    assert.deepEqual([highWord(WORD - 1), lowWord(WORD - 1)], [0, -1]);
    assert.deepEqual([highWord(3 * WORD + 2), lowWord(3 * WORD + 2)], [3, 2]);
    assert.deepEqual([highWord(LIMIT - 1), lowWord(LIMIT - 1)], [2 ** 21 - 1, -1]);
  });
});
