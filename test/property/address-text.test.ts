import assert from "node:assert/strict";
import { isIPv4, isIPv6 } from "node:net";
import { describe, it } from "node:test";
import fc from "fast-check";
import { addressText, parseAddress } from "../../shared/protocol/packet/address-text.ts";

const anyAddress4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
const sparseByte = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 255 }));
const anyAddress6 = fc.array(sparseByte, { minLength: 16, maxLength: 16 }).map((bytes) => Uint8Array.from(bytes));

describe("Addresses, whatever they are,", () => {
  it("are read back from their text", () => {
    fc.assert(
      fc.property(fc.oneof(anyAddress4, anyAddress6), (address) => {
        assert.deepEqual(parseAddress(addressText(address)), address);
      }),
    );
  });

  it("have a text in the form of a URL's (RFC 5952)", () => {
    fc.assert(
      fc.property(anyAddress6, (address) => {
        const text = addressText(address);

        // The URL standard writes all of IPv6 in hexadecimal, RFC 5952 §5 the mapped addresses in decimal.
        if (!text.includes(".")) assert.equal(new URL(`http://[${text}]/`).hostname, `[${text}]`);
      }),
    );
  });

  it("are refused exactly when Node refuses them", () => {
    const anyText = fc.oneof(
      fc.string({ unit: fc.constantFrom(..."0123456789abcdef:."), maxLength: 24 }),
      fc.string({ unit: fc.constantFrom("0", "1", ":", "::", "ff", ".", "1.2.3.4", "/"), maxLength: 20 }),
      fc.ipV4(),
      fc.ipV6(),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        assert.equal(parseAddress(text) !== undefined, isIPv4(text) || isIPv6(text));
      }),
      { numRuns: 5000 },
    );
  });
});
