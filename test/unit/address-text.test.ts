import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addressText, parseAddress, parsePrefix } from "../../shared/protocol/packet/address-text.ts";

describe("The text of an address", () => {
  it("is dotted decimal for IPv4", () => {
    assert.equal(addressText(Uint8Array.of(10, 44, 43, 1)), "10.44.43.1");
    assert.equal(addressText(Uint8Array.of(0, 0, 0, 0)), "0.0.0.0");
  });

  const canonical = [
    ["2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1", "the first of two runs (RFC 5952 §4.2.3)"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1", "the longest run (RFC 5952 §4.2.3)"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", "no lone zero (RFC 5952 §4.2.2)"],
    ["2001:DB8::ABCD", "2001:db8::abcd", "lower case (RFC 5952 §4.3)"],
    ["0:0:0:0:0:0:0:0", "::", "all zeros"],
    ["0:0:0:0:0:0:0:1", "::1", "a run at the start"],
    ["fe80:0:0:0:0:0:0:0", "fe80::", "a run at the end"],
    ["::ffff:c000:0201", "::ffff:192.0.2.1", "an embedded IPv4 address (RFC 5952 §5)"],
    ["2001:db8:85a3:8d3:1319:8a2e:370:7348", "2001:db8:85a3:8d3:1319:8a2e:370:7348", "no zeros"],
  ] as const;
  for (const [given, wanted, reason] of canonical) {
    it(`is canonical: ${reason}`, () => {
      assert.equal(addressText(parseAddress(given) ?? new Uint8Array()), wanted);
    });
  }

  it("is hexadecimal for bytes of any other length", () => {
    assert.equal(addressText(Uint8Array.of(1, 0xab)), "01ab");
  });
});

describe("An address in text", () => {
  it("is parsed to its bytes", () => {
    assert.deepEqual(parseAddress("255.0.10.1"), Uint8Array.of(255, 0, 10, 1));
    assert.deepEqual(parseAddress("::1"), Uint8Array.of(...Array.from({ length: 15 }, () => 0), 1));
    assert.deepEqual(parseAddress("1:2:3:4:5:6:7::"), Uint8Array.of(0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0));
    assert.deepEqual(parseAddress("64:ff9b::192.0.2.33")?.subarray(12), Uint8Array.of(192, 0, 2, 33));
  });

  const wrong = [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4 ",
    "1.2.3.-4",
    "a.b.c.d",
    "1.2.3.",
    "0x1.2.3.4",
  ];
  const wrong6 = [
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "12345::",
    "g::",
    "fe80::1%eth0",
    "::1.2.3",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    ":1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    "::1.2.3.4:5",
    "1.2.3.4::",
  ];
  for (const text of [...wrong, ...wrong6]) {
    it(`is refused when it is "${text}"`, () => {
      assert.equal(parseAddress(text), undefined);
    });
  }
});

describe("A prefix in text", () => {
  it("is an address and a length", () => {
    assert.deepEqual(parsePrefix("10.44.43.1/24"), { address: Uint8Array.of(10, 44, 43, 1), length: 24 });
    assert.deepEqual(parsePrefix("0.0.0.0/0"), { address: Uint8Array.of(0, 0, 0, 0), length: 0 });
    assert.equal(parsePrefix("2001:db8::/128")?.length, 128);
  });

  for (const text of [
    "10.0.0.0",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/08",
    "10.0.0.0/8/8",
    "::/129",
    "/8",
    "::/1e1",
    "::/ 8",
  ]) {
    it(`is refused when it is "${text}"`, () => {
      assert.equal(parsePrefix(text), undefined);
    });
  }
});
