import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { completeChecksum } from "../index.ts";
import { buildPacket, PLAIN_PACKET } from "./support/packets.ts";
import { Random } from "./support/random.ts";
import { randomShape } from "./support/random-shapes.ts";

describe("A partial checksum", () => {
  it("is completed to what a second implementation computes, at every size and alignment", () => {
    const random = new Random();
    for (let round = 0; round < 3000; round++) {
      const shape = { ...randomShape(random), payload: random.bytes(random.integer(0, 300)) };
      const start = random.integer(0, 17);
      const partial = buildPacket({ ...shape, checksum: "partial" });
      const arena = new Uint8Array(start + partial.length + 3);
      arena.set(partial, start);

      assert.ok(completeChecksum(arena, start, partial.length, shape.kind));

      const completed = arena.slice(start, start + partial.length);
      assert.deepEqual(completed, buildPacket({ ...shape, checksum: "full" }), `seed ${random.seed} round ${round}`);
    }
  });

  it("is right for carries over many words", () => {
    for (const size of [1, 31, 32, 33, 1399, 1400, 65000]) {
      const shape = { ...PLAIN_PACKET, payload: new Uint8Array(size).fill(0xff) };
      const packet = buildPacket({ ...shape, checksum: "partial" });

      completeChecksum(packet, 0, packet.length);

      assert.deepEqual(packet, buildPacket({ ...shape, checksum: "full" }));
    }
  });

  it("becomes ones where UDP's would be zero (RFC 768)", () => {
    const shape = { ...PLAIN_PACKET, protocol: "udp", payload: new Uint8Array(2) } as const;
    const probe = new DataView(buildPacket(shape).buffer);
    const payload = new Uint8Array(2);
    new DataView(payload.buffer).setUint16(0, probe.getUint16(26));
    const packet = buildPacket({ ...shape, payload, checksum: "partial" });

    completeChecksum(packet, 0, packet.length);

    assert.equal(new DataView(packet.buffer).getUint16(26), 0xffff);
  });

  it("is left alone in a fragment and in other protocols", () => {
    const fragment = buildPacket({ ...PLAIN_PACKET, payload: new Uint8Array(64) });
    fragment[6] = 0x20;
    const icmp = buildPacket({ ...PLAIN_PACKET, payload: new Uint8Array(64) });
    icmp[9] = 1;

    assert.equal(completeChecksum(fragment, 0, fragment.length), false);
    assert.equal(completeChecksum(icmp, 0, icmp.length), false);
  });
});
