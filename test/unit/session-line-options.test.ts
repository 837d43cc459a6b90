import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  CONTROL_CODES,
  CONTROL_PROTOCOLS,
  controlPacket,
  padPackets,
} from "../../shared/protocol/session/control-packet.ts";
import { PLAIN_LINE } from "../../shared/protocol/session/line-terms.ts";
import {
  type DecodedOffer,
  decodeOffer,
  encodeOffer,
  type LinkOffer,
} from "../../shared/protocol/session/link-offer.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { FULL_OFFER, fromHex, PLAIN_OFFER, toHex } from "../support/session-handshake.ts";

const SIZE = 952;

describe("What an offer says of its line", () => {
  it("is the least rate, the overhead, the use and what the quota allows", () => {
    const { line, allowance } = FULL_OFFER;

    const payload = toHex(encodeOffer({ ...PLAIN_OFFER, line, allowance }, SIZE));

    const minimum = "000e0248570c000000000003d090"; // our kind 12: 250,000 bytes per second
    const overhead = "000b0248570d0100280000"; // our kind 13: cells, 40 bytes with the AAL5 trailer
    const use = "000e0248570e020100fa0000012c"; // our kind 14: priority 2, fallback only, 2.5 %, 300 ms
    const throttled = "00070248570f02"; // our kind 15
    assert.ok(payload.includes(minimum + overhead + use + throttled), payload);
  });

  it("is left out where nothing is said", () => {
    assert.deepEqual(offerWith([])?.offer.line, PLAIN_LINE);
    assert.equal(offerWith([])?.offer.allowance, "full");
    assert.equal(toHex(encodeOffer(PLAIN_OFFER, SIZE)), toHex(encodeOffer(FULL_PLAIN_OFFER, SIZE)));
  });

  it("passes over flags that are not known", () => {
    const line = offerWith(["000e0248570e02fe00fa0000012c"])?.offer.line;

    assert.deepEqual([line?.isFallbackOnly, line?.priority], [false, 2]);
  });

  it("is rounded where it is finer than the wire", () => {
    const line = { ...PLAIN_LINE, lossTolerance: 0.000_01, latencyTolerance: milliseconds(0.2) };

    const read = decodeOffer(encodeOffer({ ...PLAIN_OFFER, line }, SIZE))?.offer.line;

    assert.deepEqual([read?.lossTolerance, read?.latencyTolerance], [0, 1]);
  });

  for (const [what, text] of [
    ["a least rate of nothing", "000e0248570c0000000000000000"],
    ["an overhead of an unknown framing", "000b0248570d0200100000"],
    ["an overhead of four bytes", "000a0248570d00001000"],
    ["priority zero", "000e0248570e0000271000000001"],
    ["a loss tolerance above the whole", "000e0248570e0100271100000001"],
    ["a latency tolerance of nothing", "000e0248570e0100271000000000"],
    ["an unknown allowance", "00070248570f03"],
    ["an allowance of two bytes", "00080248570f0000"],
  ] as const) {
    it(`makes the offer malformed with ${what}`, () => {
      assert.equal(offerWith([text]), undefined);
    });
  }

  for (const [what, line] of [
    ["a priority of zero", { ...PLAIN_LINE, priority: 0 }],
    ["a loss tolerance above 1", { ...PLAIN_LINE, lossTolerance: 1.1 }],
  ] as const) {
    it(`is a bug of the caller with ${what}`, () => {
      assert.throws(() => encodeOffer({ ...PLAIN_OFFER, line }, SIZE), RangeError);
    });
  }
});

const FULL_PLAIN_OFFER: LinkOffer = { ...PLAIN_OFFER, line: { ...PLAIN_LINE }, allowance: "full" };

/** A plain offer with further LCP options, as it is read. */
function offerWith(options: readonly string[]): DecodedOffer | undefined {
  const plain = encodeOffer(PLAIN_OFFER, SIZE);
  const own = plain.subarray(6, 2 + (plain[4] ?? 0) * 256 + (plain[5] ?? 0));
  const { lcp } = CONTROL_PROTOCOLS;
  const request = controlPacket(lcp, CONTROL_CODES.configureRequest, [own, ...options.map(fromHex)]);
  return decodeOffer(padPackets(SIZE, [request]));
}
