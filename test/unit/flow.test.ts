import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { flowHash, reverseFlowHash } from "../../shared/protocol/packet/flow.ts";

const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ESP = 50;
const MORE_FRAGMENTS = 0x2000;
const DO_NOT_FRAGMENT = 0x4000;

type Ports = readonly [source: number, destination: number];
type Header4 = {
  protocol?: number;
  ports?: Ports;
  source?: number;
  destination?: number;
  fragment?: number;
  options?: number;
};

describe("The flow hash of an IPv4 packet", () => {
  it("is one number of 32 bits, the same for every packet of the flow", () => {
    const first = hash(packet4({}));
    const second = packet4({ fragment: DO_NOT_FRAGMENT });
    second.fill(0xaa, 28);
    second[5] = 77;

    assert.equal(first, hash(second));
    assert.ok(Number.isInteger(first) && first >= 0 && first < 2 ** 32);
  });

  it("differs by address, port and protocol", () => {
    const hashes = [
      packet4({}),
      packet4({ source: 2 }),
      packet4({ destination: 3 }),
      packet4({ source: 9, destination: 1 }),
      packet4({ ports: [1001, 443] }),
      packet4({ ports: [1000, 444] }),
      packet4({ ports: [443, 1000] }),
      packet4({ protocol: UDP }),
      packet4({ protocol: ICMP }),
    ].map(hash);

    assert.equal(new Set(hashes).size, hashes.length);
  });

  it("takes the ports from behind the options (RFC 791 §3.1)", () => {
    assert.equal(hash(packet4({ options: 12 })), hash(packet4({})));
  });

  it("leaves the ports out of every fragment (RFC 791 §3.2)", () => {
    const first = hash(packet4({ fragment: MORE_FRAGMENTS }));
    const middle = hash(packet4({ fragment: MORE_FRAGMENTS | 185, ports: [7, 8] }));
    const last = hash(packet4({ fragment: 370, ports: [9, 10] }));

    assert.equal(first, middle);
    assert.equal(first, last);
  });

  it("leaves out what is no port", () => {
    assert.equal(hash(packet4({ protocol: ICMP, ports: [1, 2] })), hash(packet4({ protocol: ICMP, ports: [3, 4] })));
  });

  it("tells ESP flows apart by their SPI (RFC 4303 §2)", () => {
    assert.notEqual(hash(packet4({ protocol: ESP, ports: [1, 2] })), hash(packet4({ protocol: ESP, ports: [1, 3] })));
  });

  it("does without ports that are not in the head", () => {
    const bytes = packet4({});

    const cut = flowHash(bytes, 0, 23);
    bytes.fill(0xff, 20);

    assert.equal(flowHash(bytes, 0, 20), cut);
  });
});

describe("The flow hash of an IPv6 packet", () => {
  it("differs by address, port and protocol", () => {
    const other = packet6([], UDP, [1000, 443]);
    other[39] = 9;
    const hashes = [
      packet6([], UDP, [1000, 443]),
      packet6([], TCP, [1000, 443]),
      packet6([], UDP, [1001, 443]),
      other,
    ].map(hash);

    assert.equal(new Set(hashes).size, hashes.length);
  });

  it("skips extension headers (RFC 8200 §4)", () => {
    const plain = hash(packet6([], UDP, [1000, 443]));

    for (const extensions of [[0], [43], [60], [51], [0, 60, 43, 51, 60]]) {
      assert.equal(hash(packet6(extensions, UDP, [1000, 443])), plain, `${extensions}`);
    }
  });

  it("leaves the ports out of every fragment (RFC 8200 §4.5)", () => {
    const first = hash(packet6([44], UDP, [1000, 443]));

    assert.equal(hash(packet6([44], UDP, [5, 6])), first);
    assert.equal(hash(packet6([60, 44], UDP, [5, 6])), first);
    assert.notEqual(first, hash(packet6([], UDP, [1000, 443])));
  });

  it("stops at a header that is cut", () => {
    const bytes = packet6([0], UDP, [1000, 443]);
    const cut = flowHash(bytes, 0, 47);
    bytes.fill(0xff, 40);

    assert.equal(flowHash(bytes, 0, 47), cut);
  });

  it("stops in an endless chain of extension headers", () => {
    assert.ok(
      hash(
        packet6(
          Array.from({ length: 100 }, () => 60),
          UDP,
          [1, 2],
        ),
      ) > 0,
    );
  });
});

describe("The flow hash of anything else", () => {
  it("is zero", () => {
    assert.equal(flowHash(packet4({}), 0, 19), 0);
    assert.equal(flowHash(packet6([], UDP, [1, 2]), 0, 39), 0);
    assert.equal(flowHash(new Uint8Array(100), 0, 100), 0);
  });
});

describe("The reverse flow hash", () => {
  it("is the flow hash of the answers, of IPv4 and IPv6, with ports and without", () => {
    const pairs = [
      [packet4({}), packet4({ ports: [443, 1000] }), 12, 4],
      [packet4({ protocol: ICMP }), packet4({ protocol: ICMP }), 12, 4],
      [packet6([60], UDP, [1000, 443]), packet6([], UDP, [443, 1000]), 8, 16],
    ] as const;

    for (const [there, back, addresses, size] of pairs) {
      const [source, destination] = [there.slice(addresses, addresses + size), there.slice(addresses + size)];
      back.set([...destination.subarray(0, size), ...source], addresses);
      assert.equal(reverseFlowHash(there, 0, there.length), hash(back));
      assert.notEqual(hash(there), hash(back));
    }
  });
});

function hash(bytes: Uint8Array): number {
  return flowHash(bytes, 0, bytes.length);
}

function packet4(header: Header4): Uint8Array {
  const { protocol = TCP, ports = [1000, 443], source = 1, destination = 9, fragment = 0, options = 0 } = header;
  const bytes = new Uint8Array(60 + options);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x45 + options / 4;
  view.setUint16(6, fragment);
  bytes[9] = protocol;
  view.setUint32(12, 0x0a000000 + source);
  view.setUint32(16, 0xc0000200 + destination);
  view.setUint16(20 + options, ports[0]);
  view.setUint16(22 + options, ports[1]);
  return bytes;
}

/** A packet with extension headers of 16 bytes each, but a fragment header of 8. */
function packet6(extensions: readonly number[], protocol: number, ports: Ports): Uint8Array {
  const bytes = new Uint8Array(40 + 16 * extensions.length + 20);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x60;
  bytes[23] = 1;
  bytes[39] = 2;
  let nextHeaderAt = 6;
  let offset = 40;
  for (const extension of extensions) {
    bytes[nextHeaderAt] = extension;
    nextHeaderAt = offset;
    // In units of 8 bytes without the first, in an authentication header of 4 without the first two.
    if (extension !== 44) bytes[offset + 1] = extension === 51 ? 2 : 1;
    offset += extension === 44 ? 8 : 16;
  }
  bytes[nextHeaderAt] = protocol;
  view.setUint16(offset, ports[0]);
  view.setUint16(offset + 2, ports[1]);
  return bytes;
}
