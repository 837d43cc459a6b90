import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isRealTime, isTcp } from "../../shared/protocol/packet/traffic-kind.ts";

const UDP = 17;
const TCP = 6;
const ICMP = 1;
const ICMP6 = 58;
const ACK = 0x10;
const SYN = 0x02;
const FIN = 0x01;

describe("A packet", () => {
  for (const version of [4, 6] as const) {
    describe(`of IPv${version}`, () => {
      it("is real time when it is small, or of ICMP, and its flow is not bulk", () => {
        const icmp = version === 4 ? ICMP : ICMP6;

        assert.deepEqual(kinds({ version, protocol: UDP, size: 256 }), [true, false]);
        assert.deepEqual(kinds({ version, protocol: UDP, size: 257 }), [false, false]);
        assert.deepEqual(kinds({ version, protocol: icmp, size: 1400 }), [true, false]);
      });

      for (const [name, codePoint] of [
        ["EF (RFC 3246)", 46],
        ["VOICE-ADMIT (RFC 5865)", 44],
        ["CS5", 40],
        ["CS4", 32],
        ["AF41", 34],
        ["AF42", 36],
        ["AF43", 38],
        ["CS6", 48],
        ["CS7", 56],
      ] as const) {
        it(`is real time when it is marked ${name} (RFC 4594 §2.3), whatever its ECN bits are`, () => {
          for (const ecn of [0, 1, 2, 3]) {
            assert.deepEqual(kinds({ version, protocol: UDP, size: 1400, codePoint, ecn }), [true, false]);
          }
        });
      }

      it("is not real time with other marks: best effort, AF11, CS1, LE", () => {
        for (const codePoint of [0, 10, 8, 1]) {
          assert.deepEqual(kinds({ version, protocol: UDP, size: 1400, codePoint }), [false, false]);
        }
      });

      it("is real time when TCP only acknowledges in it, also in a bulk flow (RFC 9293 §3.1)", () => {
        const acknowledgement = { version, protocol: TCP, flags: ACK, options: 12, data: 0 };

        assert.deepEqual(kinds(acknowledgement), [true, true]);
        assert.deepEqual(kinds({ ...acknowledgement, options: 40 }), [true, true]);
        assert.deepEqual(kinds({ ...acknowledgement, data: 1 }), [true, false]);
        assert.deepEqual(kinds({ ...acknowledgement, flags: ACK | FIN }), [true, false]);
        assert.deepEqual(kinds({ ...acknowledgement, flags: SYN }), [true, false]);
      });

      it("is of TCP by its protocol", () => {
        const [tcp, udp] = [TCP, UDP].map((protocol) => packetOf({ version, protocol, size: 100 }));

        assert.deepEqual(
          [tcp, udp].map((bytes) => bytes !== undefined && isTcp(bytes, AT)),
          [true, false],
        );
      });
    });
  }

  it("is judged behind the options of its IPv4 header", () => {
    const bytes = packetOf({ version: 4, protocol: TCP, flags: ACK, data: 0, headerOptions: 8 });

    assert.equal(isRealTime(bytes, AT, bytes.length - AT, true), true);
  });
});

// Packets lie anywhere in the arena.
const AT = 7;

type PacketText = {
  readonly version: 4 | 6;
  readonly protocol: number;
  readonly size?: number;
  readonly codePoint?: number;
  readonly ecn?: number;
  readonly flags?: number;
  readonly options?: number;
  readonly data?: number;
  readonly headerOptions?: number;
};

/** Whether the packet is real time in a sparse flow, and in a bulk flow. */
function kinds(text: PacketText): boolean[] {
  const bytes = packetOf(text);
  return [false, true].map((isBulk) => isRealTime(bytes, AT, bytes.length - AT, isBulk));
}

function packetOf(text: PacketText): Uint8Array {
  const { version, protocol, codePoint = 0, ecn = 0, flags = 0, options = 0, data = 0, headerOptions = 0 } = text;
  const headerSize = version === 4 ? 20 + headerOptions : 40;
  const size = text.size ?? headerSize + 20 + options + data;
  const bytes = new Uint8Array(AT + size);
  const trafficClass = (codePoint << 2) | ecn;
  if (version === 4) bytes.set([0x40 | (headerSize / 4), trafficClass], AT);
  else bytes.set([0x60 | (trafficClass >> 4), (trafficClass & 0x0f) << 4], AT);
  bytes[AT + (version === 4 ? 9 : 6)] = protocol;
  if (protocol === TCP) bytes.set([(20 + options) << 2, flags], AT + headerSize + 12);
  return bytes;
}
