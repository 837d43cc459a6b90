import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkIpPacket, DESTINATION, ipVersion, SOURCE } from "../../shared/protocol/packet/ip-header.ts";

const OFFSET = 7;

describe("An IPv4 packet", () => {
  it("is as long as its total length says (RFC 791 §3.1)", () => {
    const bytes = packet4({ total: 100 });

    assert.equal(ipVersion(bytes, OFFSET), 4);
    assert.equal(checkIpPacket(bytes, OFFSET, 100), 100);
    assert.equal(checkIpPacket(bytes, OFFSET, 140), 100);
  });

  it("is refused when it is cut", () => {
    assert.equal(checkIpPacket(packet4({ total: 100 }), OFFSET, 99), 0);
    assert.equal(checkIpPacket(packet4({ total: 100 }), OFFSET, 19), 0);
    assert.equal(checkIpPacket(packet4({ total: 100 }), OFFSET, 0), 0);
  });

  it("is refused when its header is longer than itself, or shorter than 20 bytes (RFC 791 §3.1)", () => {
    assert.equal(checkIpPacket(packet4({ total: 24, words: 6 }), OFFSET, 100), 24);
    assert.equal(checkIpPacket(packet4({ total: 24, words: 7 }), OFFSET, 100), 0);
    assert.equal(checkIpPacket(packet4({ total: 100, words: 4 }), OFFSET, 100), 0);
    assert.equal(checkIpPacket(packet4({ total: 0 }), OFFSET, 100), 0);
  });

  it("has its addresses at 12 and 16 (RFC 791 §3.1)", () => {
    assert.deepEqual([SOURCE[4], DESTINATION[4]], [12, 16]);
  });
});

describe("An IPv6 packet", () => {
  it("is as long as its header and payload length (RFC 8200 §3)", () => {
    const bytes = packet6(60);

    assert.equal(ipVersion(bytes, OFFSET), 6);
    assert.equal(checkIpPacket(bytes, OFFSET, 100), 100);
    assert.equal(checkIpPacket(bytes, OFFSET, 1000), 100);
    assert.equal(checkIpPacket(packet6(0), OFFSET, 40), 40);
  });

  it("is refused when it is cut", () => {
    assert.equal(checkIpPacket(packet6(60), OFFSET, 99), 0);
    assert.equal(checkIpPacket(packet6(0), OFFSET, 39), 0);
  });

  it("has its addresses at 8 and 24 (RFC 8200 §3)", () => {
    assert.deepEqual([SOURCE[6], DESTINATION[6]], [8, 24]);
  });
});

describe("Bytes that are no IP packet", () => {
  it("are refused whatever their version", () => {
    for (const version of [0, 1, 2, 3, 5, 7, 8, 15]) {
      const bytes = new Uint8Array(64).fill(version << 4);

      assert.equal(checkIpPacket(bytes, 0, 64), 0);
    }
  });

  it("are refused beyond the end of the array", () => {
    assert.equal(ipVersion(new Uint8Array(4), 4), 0);
    assert.equal(checkIpPacket(new Uint8Array(4), 4, 100), 0);
  });
});

function packet4(header: { total: number; words?: number }): Uint8Array {
  const bytes = new Uint8Array(OFFSET + 140);
  bytes[OFFSET] = 0x40 | (header.words ?? 5);
  new DataView(bytes.buffer).setUint16(OFFSET + 2, header.total);
  return bytes;
}

function packet6(payloadLength: number): Uint8Array {
  const bytes = new Uint8Array(OFFSET + 140);
  bytes[OFFSET] = 0x60;
  new DataView(bytes.buffer).setUint16(OFFSET + 4, payloadLength);
  return bytes;
}
