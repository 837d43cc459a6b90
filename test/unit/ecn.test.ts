import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { markCongestion } from "../../shared/protocol/queue/ecn.ts";

const OFFSET = 3;

// The example header of RFC 1071-style sums in many texts, with its checksum 0xb861 for a TOS of 0.
const IP4_HEADER = [
  0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00,
  0xc7,
];

describe("A congestion mark", () => {
  it("makes ECT(0) and ECT(1) into CE and keeps the IPv4 checksum right (RFC 3168 §5, RFC 1624 §3)", () => {
    for (const typeOfService of [0x01, 0x02, 0xb9, 0xba]) {
      const bytes = ip4(typeOfService);

      assert.equal(markCongestion(bytes, OFFSET), true);

      assert.equal(bytes[OFFSET + 1], typeOfService | 0x03);
      assert.equal(foldedSum(bytes), 0xffff);
    }
  });

  it("keeps the checksum right whatever it was, also where the sum wraps", () => {
    for (let identification = 0; identification < 0x10000; identification++) {
      const bytes = ip4(0x02, identification);

      markCongestion(bytes, OFFSET);

      if (foldedSum(bytes) !== 0xffff) assert.fail(`wrong with identification ${identification}`);
    }
  });

  it("is not set in a packet that is not ECN-capable, which stays as it is (RFC 3168 §5)", () => {
    for (const bytes of [ip4(0xb8), ip6(0x2e << 2)]) {
      const before = bytes.slice();

      assert.equal(markCongestion(bytes, OFFSET), false);

      assert.deepEqual(bytes, before);
    }
  });

  it("stays in a packet that has it", () => {
    for (const bytes of [ip4(0x03), ip6(0x03)]) {
      const before = bytes.slice();

      assert.equal(markCongestion(bytes, OFFSET), true);

      assert.deepEqual(bytes, before);
    }
  });

  it("is set in the traffic class of IPv6, and nothing else is touched (RFC 8200 §3)", () => {
    for (const trafficClass of [0x01, 0x02, 0xb9, 0xba]) {
      const bytes = ip6(trafficClass);

      assert.equal(markCongestion(bytes, OFFSET), true);

      assert.deepEqual(bytes, ip6(trafficClass | 0x03));
    }
  });

  it("is not set in what is no IP packet", () => {
    const bytes = new Uint8Array(64).fill(0x22);

    assert.equal(markCongestion(bytes, OFFSET), false);
    assert.deepEqual(bytes, new Uint8Array(64).fill(0x22));
  });
});

function ip4(typeOfService: number, identification = 0): Uint8Array {
  const bytes = new Uint8Array(64).fill(0x55);
  bytes.set(IP4_HEADER, OFFSET);
  const view = new DataView(bytes.buffer);
  bytes[OFFSET + 1] = typeOfService;
  view.setUint16(OFFSET + 4, identification);
  if (typeOfService === 0 && identification === 0) return bytes;
  view.setUint16(OFFSET + 10, 0);
  view.setUint16(OFFSET + 10, ~foldedSum(bytes) & 0xffff);
  return bytes;
}

function ip6(trafficClass: number): Uint8Array {
  const bytes = new Uint8Array(64).fill(0x55);
  new DataView(bytes.buffer).setUint32(OFFSET, (6 << 28) | (trafficClass << 20) | 0xabcde);
  return bytes;
}

/** The sum that a receiver makes (RFC 791 §3.1): all ones when the checksum is right. */
function foldedSum(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer);
  let sum = 0;
  for (let word = 0; word < 10; word++) sum += view.getUint16(OFFSET + 2 * word);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}
