import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { copyAddressRecord, isSameRemote } from "../../shared/protocol/wire/address-record.ts";
import {
  DATAGRAM_FLAGS,
  DATAGRAM_TYPES,
  datagramType,
  dataWord,
  isChecksumPartial,
  isCopy,
  isPinned,
  outerHeaderSize,
  receiverLinkIndex,
} from "../../shared/protocol/wire/datagram-header.ts";
import {
  BEGIN,
  END,
  hasReservedBits,
  readFragmentClass,
  readFragmentFlags,
  readSequence,
  writeFragmentHeader,
} from "../../shared/protocol/wire/frame-header.ts";
import {
  LCP_CODES,
  readEchoPacketSize,
  readEchoSerial,
  readIdentifier,
  readLcpCode,
  readLcpFrameSize,
  writeEchoReply,
  writeEchoRequest,
  writeTerminate,
} from "../../shared/protocol/wire/lcp.ts";

describe("A fragment's header", () => {
  it("is that of the long format with classes (RFC 1990 §3, RFC 2686 §4)", () => {
    const bytes = new Uint8Array(5);

    writeFragmentHeader(bytes, 0, BEGIN | END, 9, 0x123456);

    assert.deepEqual([...bytes], [0x3d, 0xc0 | (9 << 2), 0x12, 0x34, 0x56]);
  });

  it("is read as it was written, at any offset", () => {
    for (const flags of [0, BEGIN, END, BEGIN | END]) {
      for (const trafficClass of [0, 7, 15]) {
        const bytes = new Uint8Array(12);

        writeFragmentHeader(bytes, 3, flags, trafficClass, 2 ** 24 - 1);

        assert.equal(readFragmentFlags(bytes, 3), flags);
        assert.equal(readFragmentClass(bytes, 3), trafficClass);
        assert.equal(readSequence(bytes, 3), 2 ** 24 - 1);
        assert.equal(hasReservedBits(bytes, 3), false);
      }
    }
  });

  it("has two bits that must be zero (RFC 2686 §4)", () => {
    assert.equal(hasReservedBits(Uint8Array.of(0x3d, 0xc1), 0), true);
    assert.equal(hasReservedBits(Uint8Array.of(0x3d, 0xc2), 0), true);
  });
});

describe("An LCP packet", () => {
  it("is an Echo-Request with a zero magic number (RFC 1661 §5.8, §6.4)", () => {
    const bytes = new Uint8Array(18);

    writeEchoRequest(bytes, 0, 0x01020304, 1500);

    const expected = [0xc0, 0x21, 9, 4, 0, 16, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0x05, 0xdc];
    assert.deepEqual([...bytes], expected);
    assert.deepEqual([readEchoSerial(bytes, 0), readEchoPacketSize(bytes, 0)], [0x01020304, 1500]);
  });

  it("is an Echo-Reply with the request's identifier and data (RFC 1661 §5.8)", () => {
    const bytes = new Uint8Array(40);
    writeEchoRequest(bytes, 20, 0xfffffffe, 1500);

    writeEchoReply(bytes, 0, 20);

    assert.deepEqual([...bytes.subarray(0, 6)], [0xc0, 0x21, 10, 0xfe, 0, 16]);
    assert.deepEqual([readEchoSerial(bytes, 0), readEchoPacketSize(bytes, 0)], [0xfffffffe, 1500]);
  });

  it("is a Terminate-Request or Terminate-Ack without data (RFC 1661 §5.5)", () => {
    const bytes = new Uint8Array(10);

    const size = writeTerminate(bytes, 1, LCP_CODES.terminateAck, 77);

    assert.deepEqual([...bytes.subarray(1, 1 + size)], [0xc0, 0x21, 6, 77, 0, 4]);
    assert.deepEqual([readLcpCode(bytes, 1), readIdentifier(bytes, 1), readLcpFrameSize(bytes, 1)], [6, 77, size]);
  });
});

describe("A datagram's header", () => {
  it("has type, receiver's link index and the flags in its first word", () => {
    const { checksumPartial, copy, pinned } = DATAGRAM_FLAGS;
    for (const flags of [0, checksumPartial, copy, pinned, checksumPartial | copy | pinned]) {
      const word = dataWord(0xabcdef, flags);

      assert.equal(datagramType(word), DATAGRAM_TYPES.data);
      assert.equal(receiverLinkIndex(word), 0xabcdef);
      assert.equal(isChecksumPartial(word), (flags & checksumPartial) !== 0);
      assert.equal(isCopy(word), (flags & copy) !== 0);
      assert.equal(isPinned(word), (flags & pinned) !== 0);
    }
  });

  it("stands behind 20 and 8 bytes of IPv4 and UDP, or 40 and 8 of IPv6 and UDP", () => {
    assert.deepEqual([outerHeaderSize(4), outerHeaderSize(6)], [28, 48]);
  });
});

describe("An address record", () => {
  it("is the same remote whatever the local address, and another with another port", () => {
    const words = new Int32Array(48);
    words.set([0x0102_0004, 0, 7], 0);
    copyAddressRecord(words, 0, 64);
    words[16 + 7] = 99;

    const isSame = isSameRemote(words, 0, 64);
    words[16] = 0x0103_0004;

    assert.equal(isSame, true);
    assert.equal(isSameRemote(words, 0, 64), false);
  });
});
