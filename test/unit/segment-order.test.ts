import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isEarlierSegment } from "../../shared/protocol/packet/segment-order.ts";

type Segment = {
  readonly sequence: number;
  readonly port?: number;
  readonly host?: number;
  readonly protocol?: number;
  readonly fragment?: number;
  readonly isIp6?: boolean;
};

const OTHER_AT = 100;

describe("A segment of TCP", () => {
  it("is earlier than one of the same connection with a higher sequence number", () => {
    assert.equal(isEarlier({ sequence: 1000 }, { sequence: 2448 }), true);
    assert.equal(isEarlier({ sequence: 2448 }, { sequence: 1000 }), false);
    assert.equal(isEarlier({ sequence: 1000 }, { sequence: 1000 }), false);
  });

  it("is earlier also over IPv6", () => {
    assert.equal(isEarlier({ sequence: 1000, isIp6: true }, { sequence: 2448, isIp6: true }), true);
    assert.equal(isEarlier({ sequence: 1000, isIp6: true }, { sequence: 2448 }), false);
  });

  it("is earlier where the numbers wrap (RFC 9293 §3.4)", () => {
    assert.equal(isEarlier({ sequence: 0xffffff00 }, { sequence: 0x100 }), true);
    assert.equal(isEarlier({ sequence: 0x100 }, { sequence: 0xffffff00 }), false);
  });

  it("has no order with one of another port, host, protocol or with a fragment", () => {
    const segment = { sequence: 1000 };

    assert.equal(isEarlier(segment, { sequence: 2448, port: 81 }), false);
    assert.equal(isEarlier(segment, { sequence: 2448, host: 9 }), false);
    assert.equal(isEarlier(segment, { sequence: 2448, protocol: 17 }), false);
    assert.equal(isEarlier({ ...segment, protocol: 17 }, { sequence: 2448, protocol: 17 }), false);
    assert.equal(isEarlier(segment, { sequence: 2448, fragment: 0x2000 }), false);
    assert.equal(isEarlier({ ...segment, fragment: 0x00b9 }, { sequence: 2448 }), false);
  });
});

function isEarlier(segment: Segment, other: Segment): boolean {
  const bytes = new Uint8Array(2 * OTHER_AT);
  write(bytes, 0, segment);
  write(bytes, OTHER_AT, other);
  return isEarlierSegment(bytes, 0, OTHER_AT);
}

function write(bytes: Uint8Array, offset: number, segment: Segment): void {
  const { sequence, port = 80, host = 1, protocol = 6, fragment = 0x4000, isIp6 = false } = segment;
  const view = new DataView(bytes.buffer, offset);
  const transport = isIp6 ? 40 : 20;
  bytes[offset] = isIp6 ? 0x60 : 0x45;
  bytes[offset + (isIp6 ? 6 : 9)] = protocol;
  if (!isIp6) view.setUint16(6, fragment);
  bytes[offset + transport - 1] = host;
  view.setUint16(transport, 40_000);
  view.setUint16(transport + 2, port);
  view.setUint32(transport + 4, sequence);
}
