import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { flowHash } from "../../shared/protocol/packet/flow.ts";

const FLOW_BITS = 12 * 8;
const anyFlow = fc.uint8Array({ minLength: 12, maxLength: 12 });

describe("The flow hash, whatever the bytes,", () => {
  it("is of 32 bits and depends on nothing beyond the head", () => {
    const anyVersion = fc.constantFrom(0x45, 0x46, 0x4f, 0x60, 0x00);
    const anyNext = fc.constantFrom(0, 6, 17, 43, 44, 51, 60, 255);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        anyVersion,
        anyNext,
        fc.nat(30),
        (head, version, nextHeader, offset) => {
          head[0] = version;
          head[6] = nextHeader;
          const packed = new Uint8Array(offset + head.length + 50).fill(0xff);
          packed.set(head, offset);

          const hash = flowHash(head, 0, head.length);

          assert.ok(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32);
          assert.equal(flowHash(packed, offset, head.length), hash);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("is the same for all fragments of a packet (RFC 791 §3.2)", () => {
    const anyFragment = fc.integer({ min: 1, max: 0x3fff });
    const anyPayload = fc.uint8Array({ minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(anyFlow, anyFragment, anyFragment, anyPayload, (flow, first, second, payload) => {
        assert.equal(
          flowHash(packetOf(flow, first), 0, 40),
          flowHash(packetOf(Uint8Array.of(...flow.subarray(0, 8), ...payload.subarray(0, 4)), second), 0, 40),
        );
      }),
    );
  });

  it("flips about half its bits for every bit of the flow", () => {
    const flips = new Float64Array(FLOW_BITS);
    const samples = 400;
    for (let sample = 0; sample < samples; sample++) {
      const flow = Uint8Array.from(
        { length: 12 },
        (_, index) => Math.imul(sample * 12 + index + 1, 2_654_435_761) >>> 24,
      );
      const hash = flowHash(packetOf(flow, 0), 0, 40);
      for (let bit = 0; bit < FLOW_BITS; bit++) {
        const other = Uint8Array.from(flow);
        other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        flips[bit] = (flips[bit] ?? 0) + ones(hash ^ flowHash(packetOf(other, 0), 0, 40));
      }
    }

    for (const flipped of flips) assert.ok(Math.abs(flipped / samples - 16) < 1.5, `${flipped / samples} of 32 bits`);
  });

  it("spreads the ports of one client evenly over few classes", () => {
    const classes = 8;
    const counts = new Uint32Array(classes);
    const ports = 20_000;
    for (let port = 30_000; port < 30_000 + ports; port++) {
      const hash = flowHash(packetOf(Uint8Array.of(10, 0, 0, 1, 192, 0, 2, 1, port >> 8, port, 1, 187), 0), 0, 40);
      counts[hash % classes] = (counts[hash % classes] ?? 0) + 1;
    }

    for (const count of counts) assert.ok(Math.abs(count / (ports / classes) - 1) < 0.1, `${counts}`);
  });
});

/** A TCP packet: source, destination and ports of the flow, and the word of flags and fragment offset. */
function packetOf(flow: Uint8Array, fragment: number): Uint8Array {
  const bytes = new Uint8Array(40);
  bytes[0] = 0x45;
  bytes[6] = fragment >> 8;
  bytes[7] = fragment;
  bytes[9] = 6;
  bytes.set(flow, 12);
  return bytes;
}

function ones(value: number): number {
  let count = 0;
  for (let rest = value >>> 0; rest !== 0; rest &= rest - 1) count++;
  return count;
}
