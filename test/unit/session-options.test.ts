import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  CONTROL_CODES,
  CONTROL_PROTOCOLS,
  controlPacket,
  padPackets,
} from "../../shared/protocol/session/control-packet.ts";
import {
  type AcceptedLink,
  decodeAnswer,
  encodeAnswer,
  ROUTE_LIMIT,
} from "../../shared/protocol/session/link-answer.ts";
import { decodeOffer, encodeOffer, type LinkOffer } from "../../shared/protocol/session/link-offer.ts";
import { bytes, bytesPerSecond, seconds } from "../../shared/protocol/units.ts";
import { FULL_ANSWER, FULL_OFFER, fromHex, PLAIN_ANSWER, PLAIN_OFFER, toHex } from "../support/session-handshake.ts";

const { lcp: LCP, ipcp: IPCP, ipv6cp: IPV6CP } = CONTROL_PROTOCOLS;
const { configureRequest: REQUEST } = CONTROL_CODES;
const SIZE = 952;

const UNKNOWN_TYPE = fromHex("6304beef");
const OWN_CRITICAL = fromHex("0007024857802a");

describe("An offer's payload", () => {
  it("is PPP Configure-Requests with padding behind them (RFC 1661 §5.1)", () => {
    const payload = encodeOffer(PLAIN_OFFER, 128);

    assert.equal(
      toHex(payload),
      "c021" + // LCP
        "01010047" + // Configure-Request, identifier 1, length 71
        "110405e0" + // MRRU 1504 (RFC 1990 §5.1.1)
        "130701aabbccdd" + // endpoint discriminator, class 1 (RFC 1990 §5.1.3)
        "1b040208" + // multilink header format: long with classes, 8 of them (RFC 2686)
        "000902485701010203" + // our kind 1, link index
        "000a02485707000003e8" + // our kind 7, keepalive 1000 ms
        "000b0248570a302e312e30" + // our kind 10, version 0.1.0
        "17040007" + // link discriminator 7 (RFC 2125 §2.1)
        "000a0248570364736c31" + // our kind 3, link name dsl1
        "0008024857040102" + // our kind 4, ciphers
        "0001" + // Padding Protocol
        "00".repeat(53),
    );
  });

  it("has addresses in packets of their own (RFC 1332, RFC 5072)", () => {
    const payload = toHex(encodeOffer({ ...PLAIN_OFFER, ip4: FULL_OFFER.ip4, ip6: FULL_OFFER.ip6 }, SIZE));

    assert.ok(payload.includes("8021" + "01010011" + "03060a2c2b02" + "00070248571018"));
    assert.ok(payload.includes("8057" + "01010021" + "0016024857" + "12" + "fd0000000000000000000000000000" + "02"));
  });

  it("is malformed when any of the options is missing that must be there", () => {
    for (const required of splitOptions(lcpOptions(encodeOffer(PLAIN_OFFER, SIZE)))) {
      const others = splitOptions(lcpOptions(encodeOffer(PLAIN_OFFER, SIZE))).filter(
        (bytes) => toHex(bytes) !== toHex(required),
      );

      assert.equal(decodeOffer(padPackets(SIZE, [controlPacket(LCP, REQUEST, others)])), undefined, toHex(required));
    }
  });

  it("is malformed when an option is listed twice (RFC 1661 §5.1)", () => {
    const options = splitOptions(lcpOptions(encodeOffer(PLAIN_OFFER, SIZE)));
    for (const doubled of options) {
      const payload = padPackets(SIZE, [controlPacket(LCP, REQUEST, [...options, doubled])]);

      assert.equal(decodeOffer(payload), undefined, toHex(doubled));
    }
  });

  it("is malformed when a value cannot be one", () => {
    const wrong = [
      "11040000", // an MRRU of zero
      "110305", // an MRRU of one byte
      "1302", // an endpoint discriminator without a class
      `1318${"01".repeat(22)}`, // an endpoint discriminator of 22 bytes
      "1b040608", // short sequence numbers
      "1b040200", // no classes
      "1b040211", // 17 classes
      "000902485701000000", // link index zero
      "00060248570a", // an empty version
      "00080248570ac328", // a version that is not UTF-8
      "00070248570a1b", // a version with an escape character
      "000a0248570700000000", // no keepalive interval
      "000602485704", // no ciphers
    ];
    for (const text of wrong) {
      const changed = fromHex(text);
      const options = splitOptions(lcpOptions(encodeOffer(PLAIN_OFFER, SIZE)));
      const isSameOption = (other: Uint8Array) =>
        other[0] === changed[0] && (other[0] !== 0 || other[5] === changed[5]);
      const payload = padPackets(SIZE, [
        controlPacket(LCP, REQUEST, [...options.filter((other) => !isSameOption(other)), changed]),
      ]);

      assert.equal(decodeOffer(payload), undefined, text);
    }
  });

  it("is malformed when a length leads nowhere", () => {
    for (const text of ["11", "1100", "1101", "1105aabb", "000502485701"]) {
      const request = controlPacket(LCP, REQUEST, [lcpOptions(encodeOffer(PLAIN_OFFER, SIZE)), fromHex(text)]);

      assert.equal(decodeOffer(padPackets(SIZE, [request])), undefined, text);
    }
  });

  it("is malformed when its packets are not what an initiator sends", () => {
    const request = controlPacket(LCP, REQUEST, [lcpOptions(encodeOffer(PLAIN_OFFER, SIZE))]);
    const otherIdentifier = request.slice();
    otherIdentifier[3] = 2;
    const tooLong = request.slice();
    tooLong.set([0x7f, 0xff], 4);

    assert.notEqual(decodeOffer(padPackets(SIZE, [request])), undefined);
    assert.equal(decodeOffer(padPackets(SIZE, [request, request])), undefined);
    assert.equal(decodeOffer(padPackets(SIZE, [request, controlPacket(IPCP, 2, [UNKNOWN_TYPE])])), undefined);
    assert.equal(decodeOffer(padPackets(SIZE, [otherIdentifier])), undefined);
    assert.equal(decodeOffer(padPackets(SIZE, [tooLong])), undefined);
    assert.equal(decodeOffer(request), undefined);
    assert.equal(decodeOffer(Uint8Array.of(...request, 0xc0, 0x21, 1)), undefined);
    assert.equal(decodeOffer(new Uint8Array(0)), undefined);
  });

  it("passes over packets of protocols that are not known", () => {
    const request = controlPacket(LCP, REQUEST, [lcpOptions(encodeOffer(PLAIN_OFFER, SIZE))]);
    const stranger = fromHex("802b01010008aabbccdd");

    assert.deepEqual(decodeOffer(padPackets(SIZE, [stranger, request]))?.offer, PLAIN_OFFER);
  });

  it("passes over ciphers that are not known", () => {
    const options = splitOptions(lcpOptions(encodeOffer(PLAIN_OFFER, SIZE))).map((bytes) =>
      bytes[5] === 4 ? fromHex("00090248570463" + "0201") : bytes,
    );
    const decoded = decodeOffer(padPackets(SIZE, [controlPacket(LCP, REQUEST, options)]));

    assert.deepEqual(decoded?.offer.ciphers, ["chacha20-poly1305", "aes-256-gcm"]);
  });

  it("takes an address without a prefix length for a host's", () => {
    const request = controlPacket(LCP, REQUEST, [lcpOptions(encodeOffer(PLAIN_OFFER, SIZE))]);
    const ipcp = controlPacket(IPCP, REQUEST, [fromHex("03060a000001")]);

    assert.equal(decodeOffer(padPackets(SIZE, [request, ipcp]))?.offer.ip4?.prefixLength, 32);
  });
});

describe("An offer outside its bounds", () => {
  const wrong: Record<string, Partial<LinkOffer>> = {
    "a link index of zero": { linkIndex: 0 },
    "a link index of 25 bits": { linkIndex: 2 ** 24 },
    "an MRRU above 65535": { mrru: bytes(65_536) },
    "no classes": { classes: 0 },
    "17 classes": { classes: 17 },
    "no ciphers": { ciphers: [] },
    "an empty link name": { linkName: "" },
    "a link name of 65 bytes": { linkName: "x".repeat(65) },
    "a link name with an escape sequence": { linkName: "\u001b[2J" },
    "half a surrogate pair as a name": { linkName: "\ud800" },
    "an address of five bytes": { ip4: { address: new Uint8Array(5), prefixLength: 8 } },
    "a prefix longer than its address": { ip4: { address: new Uint8Array(4), prefixLength: 33 } },
    "a rate that is no number": { sendRate: bytesPerSecond(Number.NaN) },
  };
  for (const [name, change] of Object.entries(wrong)) {
    it(`is a bug of the caller: ${name}`, () => {
      assert.throws(() => encodeOffer({ ...PLAIN_OFFER, ...change }, SIZE), RangeError);
    });
  }

  it("is put right where it only says too much: fractions and tiny rates", () => {
    const offer = { ...PLAIN_OFFER, keepalive: seconds(0.0106), sendRate: bytesPerSecond(0.2) };
    const decoded = decodeOffer(encodeOffer(offer, SIZE))?.offer;

    assert.equal(decoded?.keepalive, 11);
    assert.equal(decoded?.sendRate, 1);
  });
});

describe("A name", () => {
  it("may be of any letters", () => {
    for (const linkName of ["Büro", "光回線", "🚀 4G"]) {
      assert.equal(decodeOffer(encodeOffer({ ...PLAIN_OFFER, linkName }, SIZE))?.offer.linkName, linkName);
    }
  });
});

describe("An answer's payload", () => {
  it("rejects only as many options as there is room for", () => {
    const options = new Array<Uint8Array>(200).fill(UNKNOWN_TYPE);
    const payload = encodeAnswer(LARGEST_ANSWER, [{ protocol: LCP, options }], 968);

    const rejected = decodeAnswer(payload)?.rejected[0]?.options ?? [];
    assert.ok(rejected.length > 0 && rejected.length < 200);
  });

  it("has room for the most that it may say", () => {
    assert.deepEqual(decodeAnswer(encodeAnswer(LARGEST_ANSWER, [], 968))?.answer, LARGEST_ANSWER);
  });

  it("does not take more routes or DNS servers than that", () => {
    const routes = [...LARGEST_ANSWER.routes, ...LARGEST_ANSWER.routes.slice(0, 1)];
    const dns4 = new Array<Uint8Array>(3).fill(Uint8Array.of(9, 9, 9, 9));
    const dns6 = new Array<Uint8Array>(3).fill(new Uint8Array(16));

    assert.throws(() => encodeAnswer({ ...LARGEST_ANSWER, routes }, [], 968), RangeError);
    assert.throws(() => encodeAnswer({ ...PLAIN_ANSWER, dns: dns4 }, [], 968), RangeError);
    assert.throws(() => encodeAnswer({ ...PLAIN_ANSWER, dns: dns6 }, [], 968), RangeError);
  });

  it("is malformed when a required option is missing, or when it chooses two ciphers", () => {
    const payload = encodeAnswer(PLAIN_ANSWER, [], 968);
    const twoCiphers = toHex(payload).replace("c0210301000b00070248570401", "c0210301000c0008024857040102");
    const noNak = toHex(payload).replace("c0210301000b00070248570401", "");

    assert.notEqual(decodeAnswer(payload), undefined);
    assert.equal(decodeAnswer(fromHex(twoCiphers)), undefined);
    assert.equal(decodeAnswer(fromHex(noNak)), undefined);
    assert.equal(decodeAnswer(padPackets(968, [])), undefined);
  });

  it("is dropped for an unknown option that must not be passed over", () => {
    const nak = controlPacket(IPV6CP, CONTROL_CODES.configureNak, [OWN_CRITICAL]);
    const payload = encodeAnswer(PLAIN_ANSWER, [], 968 - nak.length);

    assert.equal(decodeAnswer(Uint8Array.of(...nak, ...payload)), undefined);
  });

  it("is a Terminate-Request when it refuses (RFC 1661 §5.5)", () => {
    const payload = encodeAnswer({ kind: "refused", reason: "client-disabled", text: "no" }, [], 32);

    assert.equal(toHex(payload), `c02105010007026e6f0001${"00".repeat(21)}`);
  });

  it("may refuse for a reason that is not known here", () => {
    const payload = padPackets(64, [controlPacket(LCP, CONTROL_CODES.terminateRequest, [fromHex("f06e6577")])]);

    assert.deepEqual(decodeAnswer(payload)?.answer, { kind: "refused", reason: "other", text: "new" });
  });

  it("is malformed when the text of a refusal is not text", () => {
    for (const data of ["01ff", "011b", `01${"61".repeat(129)}`]) {
      const payload = padPackets(200, [controlPacket(LCP, CONTROL_CODES.terminateRequest, [fromHex(data)])]);

      assert.equal(decodeAnswer(payload), undefined, data);
    }
  });
});

const LARGEST_ANSWER: AcceptedLink = {
  ...FULL_ANSWER,
  endpointDiscriminator: new Uint8Array(21).fill(1),
  version: "v".repeat(32),
  dns: [...new Array<Uint8Array>(2).fill(new Uint8Array(4)), ...new Array<Uint8Array>(2).fill(new Uint8Array(16))],
  routes: new Array<AcceptedLink["routes"][number]>(ROUTE_LIMIT).fill({
    address: new Uint8Array(16),
    prefixLength: 48,
  }),
};

function lcpOptions(payload: Uint8Array): Uint8Array {
  return payload.subarray(6, 2 + (payload[4] ?? 0) * 256 + (payload[5] ?? 0));
}

function splitOptions(data: Uint8Array): Uint8Array[] {
  const options: Uint8Array[] = [];
  for (let offset = 0; offset < data.length; offset += data[offset + 1] ?? data.length) {
    options.push(data.subarray(offset, offset + (data[offset + 1] ?? 0)));
  }
  return options;
}
