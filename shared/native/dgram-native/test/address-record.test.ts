import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ADDRESS_RECORD_SIZE, interfaceIndex, readAddressRecord, writeAddressRecord } from "../index.ts";

describe("An address record", () => {
  it("has the layout of 48 bytes that the native side reads", () => {
    const record = new Uint8Array(52).fill(0xaa);

    writeAddressRecord(record, 4, {
      address: "192.0.2.1",
      port: 5080,
      localAddress: "198.51.100.7",
      localInterface: 3,
    });

    assert.deepEqual([...record.subarray(0, 12)], [0xaa, 0xaa, 0xaa, 0xaa, 4, 0, 0x13, 0xd8, 0, 0, 0, 0]);
    assert.deepEqual([...record.subarray(12, 28)], [192, 0, 2, 1, ...zeros(12)]);
    assert.deepEqual([...record.subarray(28, 44)], [198, 51, 100, 7, ...zeros(12)]);
    assert.equal(new Int32Array(record.slice(44, 48).buffer)[0], 3);
    assert.deepEqual([...record.subarray(48)], zeros(4));
  });

  it("gives back what was written", () => {
    const record = new Uint8Array(ADDRESS_RECORD_SIZE);
    const address = { address: "2001:db8::1", port: 65535, scope: 7, localAddress: "2001:db8::2", localInterface: 2 };

    writeAddressRecord(record, 0, address);

    assert.deepEqual(readAddressRecord(record, 0), { family: 6, ...address });
  });

  it("writes IPv6 addresses as the URL parser does (RFC 4291 §2.2, RFC 5952)", () => {
    for (const text of ipv6Addresses()) {
      assert.equal(normalize(text), new URL(`http://[${text}]/`).hostname.slice(1, -1), text);
    }
  });

  it("understands the forms of RFC 4291 §2.2", () => {
    const forms = {
      "::": "::",
      "::1": "::1",
      "1::": "1::",
      "ABCD:EF01:2345:6789:ABCD:EF01:2345:6789": "abcd:ef01:2345:6789:abcd:ef01:2345:6789",
      "2001:DB8:0:0:8:800:200C:417A": "2001:db8::8:800:200c:417a",
      "2001:db8:0:1:1:1:1:1": "2001:db8:0:1:1:1:1:1",
      "2001:0:0:1:0:0:0:1": "2001:0:0:1::1",
      "::13.1.68.3": "::d01:4403",
      "64:ff9b::192.0.2.33": "64:ff9b::c000:221",
      "1:2:3:4:5:6:192.0.2.33": "1:2:3:4:5:6:c000:221",
      "::ffff:129.144.52.38": "129.144.52.38",
      "::FFFF:8190:3426": "129.144.52.38",
    };
    for (const [text, expected] of Object.entries(forms)) assert.equal(normalize(text), expected);
  });

  it("takes the scope from a zone, by number or by name", () => {
    const record = new Uint8Array(ADDRESS_RECORD_SIZE);

    writeAddressRecord(record, 0, { address: "fe80::1%17", port: 1 });
    assert.equal(readAddressRecord(record, 0)?.scope, 17);
    writeAddressRecord(record, 0, { address: "fe80::1%lo", port: 1 });
    assert.equal(readAddressRecord(record, 0)?.scope, interfaceIndex("lo"));
    assert.throws(() => writeAddressRecord(record, 0, { address: "fe80::1%none", port: 1 }), { code: "ENODEV" });
  });

  it("names no address when it is empty", () => {
    assert.equal(readAddressRecord(new Uint8Array(ADDRESS_RECORD_SIZE), 0), undefined);
  });

  it("refuses what is no address, port or place", () => {
    const record = new Uint8Array(ADDRESS_RECORD_SIZE);
    const write =
      (offset: number, address: string, port: number, localAddress: string | null = null) =>
      () =>
        writeAddressRecord(record, offset, { address, port, localAddress });

    for (const text of ["", "example.net", "1.2.3", "1.2.3.256", ":::", "1::2::3", "12345::", "::1%"]) {
      assert.throws(write(0, text, 1), RangeError, text);
    }
    for (const port of [-1, 65536, 1.5, Number.NaN]) assert.throws(write(0, "::1", port), RangeError);
    for (const offset of [-1, 1, 0.5, Number.NaN]) assert.throws(write(offset, "::1", 1), RangeError);
    assert.throws(write(0, "::1", 1, "127.0.0.1"), /different families/);
    assert.throws(() => readAddressRecord(record, 1), RangeError);
  });
});

function normalize(text: string): string | undefined {
  const record = new Uint8Array(ADDRESS_RECORD_SIZE);
  writeAddressRecord(record, 0, { address: text, port: 1 });
  return readAddressRecord(record, 0)?.address;
}

/** Every pattern of zero groups, without those that are IPv4. */
function ipv6Addresses(): string[] {
  return Array.from({ length: 256 }, (_, pattern) => {
    const groups = Array.from({ length: 8 }, (_, index) =>
      (pattern >> index) & 1 ? (index * 4369 + 1).toString(16) : "0",
    );
    return groups.join(":");
  });
}

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}
