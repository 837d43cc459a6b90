import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  bytesOnLine,
  cells,
  frames,
  LINE_KINDS,
  largestPacketWithin,
  NO_OVERHEAD,
} from "../../shared/protocol/link/line-overhead.ts";

// What tc-cake(8) adds for each of its names before it counts cells.
const CAKE: Readonly<Record<keyof typeof LINE_KINDS, number>> = {
  ethernet: 38,
  docsis: 18,
  "pppoe-ptm": 30,
  "bridged-ptm": 22,
  "ipoa-vcmux": 8,
  "ipoa-llcsnap": 16,
  "pppoa-vcmux": 10,
  "pppoa-llc": 14,
  "bridged-vcmux": 24,
  "bridged-llcsnap": 32,
  "pppoe-vcmux": 32,
  "pppoe-llcsnap": 40,
};

describe("A line's overhead", () => {
  for (const [name, kind] of Object.entries(LINE_KINDS)) {
    it(`adds for ${name} what tc-cake adds`, () => {
      assert.equal(kind.perPacket, new Map(Object.entries(CAKE)).get(name));
    });
  }

  it("is nothing where IP packets are counted", () => {
    assert.equal(bytesOnLine(NO_OVERHEAD, 1500), 1500);
    assert.equal(bytesOnLine(NO_OVERHEAD, 1), 1);
  });

  it("makes a full packet 1538 bytes on Ethernet and the smallest 84 (IEEE 802.3)", () => {
    assert.equal(bytesOnLine(LINE_KINDS.ethernet, 1500), 1538);
    assert.equal(bytesOnLine(LINE_KINDS.ethernet, 46), 84);
    assert.equal(bytesOnLine(LINE_KINDS.ethernet, 28), 84);
  });

  it("fills whole ATM cells with the packet, its headers and the trailer (RFC 2684)", () => {
    assert.equal(bytesOnLine(LINE_KINDS["ipoa-vcmux"], 40), 53);
    assert.equal(bytesOnLine(LINE_KINDS["ipoa-vcmux"], 41), 2 * 53);
    assert.equal(bytesOnLine(LINE_KINDS["pppoa-vcmux"], 1478), 31 * 53);
    assert.equal(bytesOnLine(LINE_KINDS["pppoa-vcmux"], 1479), 32 * 53);
    // The known case of a TCP acknowledgement on PPPoE with LLC: 40 bytes take two cells.
    assert.equal(bytesOnLine(LINE_KINDS["pppoe-llcsnap"], 40), 2 * 53);
  });

  it("leaves room for a largest packet, beyond which one byte more does not fit", () => {
    const anyKind = fc.oneof(
      fc.constantFrom(...Object.values(LINE_KINDS)),
      fc.nat(256).map((perPacket) => frames(perPacket)),
      fc.nat(40).map(cells),
    );
    fc.assert(
      fc.property(anyKind, fc.nat(70_000), (kind, budget) => {
        const size = largestPacketWithin(kind, budget);

        assert.ok(size === 0 || bytesOnLine(kind, size) <= budget, `${size} does not fit`);
        assert.ok(bytesOnLine(kind, size + 1) > budget, `${size + 1} fits too`);
      }),
    );
  });
});
