import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { highWord, inferPacketNumber, lowWord } from "../../shared/protocol/seal/packet-number.ts";

const LIMIT = 2 ** 53;
const anyNumber = fc.maxSafeNat();
const anyHighest = fc.oneof(fc.integer({ min: -1, max: 2 ** 33 }), fc.integer({ min: -1, max: LIMIT - 2 }));
const anyLow = fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 });

describe("Packet numbers, whatever their values,", () => {
  it("are inferred as the algorithm of RFC 9000 §A.3 infers them", () => {
    fc.assert(
      fc.property(anyLow, anyHighest, (low, highest) => {
        assert.equal(inferPacketNumber(low, highest), decodePacketNumber(low >>> 0, highest));
      }),
      { numRuns: 2000 },
    );
  });

  it("survive the header when they are within 2^31 of the expected one", () => {
    const near = fc.integer({ min: 1 - 2 ** 31, max: 2 ** 31 });
    fc.assert(
      fc.property(anyHighest, near, (highest, offset) => {
        const sent = highest + 1 + offset;
        fc.pre(sent >= 0 && sent < LIMIT);

        assert.equal(inferPacketNumber(lowWord(sent), highest), sent);
      }),
    );
  });

  it("are the sum of their words", () => {
    fc.assert(
      fc.property(anyNumber, (number) => {
        assert.equal(highWord(number) * 2 ** 32 + (lowWord(number) >>> 0), number);
      }),
    );
  });
});

/** RFC 9000 §A.3 as it stands there, for 32 bits and a space of 2^53. */
function decodePacketNumber(truncated: number, largest: number): number {
  const expected = BigInt(largest) + 1n;
  const window = 1n << 32n;
  const halfWindow = window / 2n;
  const candidate = (expected & ~(window - 1n)) | BigInt(truncated);
  if (candidate <= expected - halfWindow && candidate < BigInt(LIMIT) - window) return Number(candidate + window);
  if (candidate > expected + halfWindow && candidate >= window) return Number(candidate - window);
  return Number(candidate);
}
