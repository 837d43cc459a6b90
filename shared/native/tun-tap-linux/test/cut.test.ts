import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cutSuperPacket } from "../index.ts";
import { ACK, buildPacket, CWR, FIN, type PacketShape, PLAIN_PACKET, PSH } from "./support/packets.ts";
import { Random } from "./support/random.ts";
import { randomPayload, randomShape } from "./support/random-shapes.ts";
import { buildSuperPacket, segmentShapes } from "./support/super-packets.ts";

describe("A super-packet", () => {
  it("is cut into the packets that a card would send, whatever its headers", () => {
    const random = new Random();
    for (let round = 0; round < 1500; round++) {
      const segmentSize = random.pick([random.integer(1, 50), random.integer(200, 1460), 1448]);
      const shape = { ...randomShape(random), payload: randomPayload(random, segmentSize) };

      assertCut(shape, segmentSize, `seed ${random.seed} round ${round}`);
    }
  });

  it("may have as many segments as it has bytes", () => {
    assertCut({ ...PLAIN_PACKET, payload: new Uint8Array(60_000).fill(7) }, 1, "one byte each");
  });

  it("wraps sequence number and identification", () => {
    const shape = { ...PLAIN_PACKET, sequence: 0xfffffff0, identification: 0xfffe, payload: new Uint8Array(4000) };

    assertCut(shape, 1000, "wrap");
  });

  it("announces FIN and PSH on the last segment and a reduced window on the first (RFC 3168 §6.1.2)", () => {
    const shape = { ...PLAIN_PACKET, flags: ACK | FIN | PSH | CWR, payload: new Uint8Array(250) };

    const flags = cutSuperPacket("tun", buildSuperPacket(shape, 100))?.map((packet) => packet.bytes[33]);

    assert.deepEqual(flags, [ACK | CWR, ACK, ACK | FIN | PSH]);
  });

  it("keeps the kernel's checksum behind a routing header, whose destination is another one", () => {
    const shape: PacketShape = { ...PLAIN_PACKET, version: 6, extensions: [43], payload: new Uint8Array(200) };
    const superPacket = buildSuperPacket(shape, 100);
    const field = 10 + 40 + 8 + 16;
    const view = new DataView(superPacket.buffer);
    view.setUint16(field, view.getUint16(field) + 0x10);

    const first = cutSuperPacket("tun", superPacket)?.[0]?.bytes ?? new Uint8Array(0);

    const whole = new DataView(buildPacket({ ...shape, checksum: "partial" }).buffer).getUint16(field - 10);
    assert.equal(new DataView(first.buffer).getUint16(field - 10), whole + 0x10 - 100);
  });

  it("is refused when its virtio header does not fit the packet", () => {
    const shape = { ...PLAIN_PACKET, payload: new Uint8Array(100) };
    const noSize = buildSuperPacket(shape, 0);
    const wrongVersion = buildSuperPacket(shape, 50);
    wrongVersion[1] = 4;
    const wrongProtocol = buildSuperPacket(shape, 50);
    wrongProtocol[1] = 5;
    const truncated = buildSuperPacket(shape, 50).subarray(0, 60);

    for (const bad of [noSize, wrongVersion, wrongProtocol, truncated]) {
      assert.equal(cutSuperPacket("tun", bad), null);
    }
  });
});

function assertCut(shape: PacketShape, segmentSize: number, message: string): void {
  const cut = cutSuperPacket(shape.kind, buildSuperPacket(shape, segmentSize));

  const expected = segmentShapes(shape, segmentSize).map((segment, index) => ({
    bytes: buildPacket({ ...segment, checksum: "partial" }),
    isChecksumPartial: true,
    continues: index > 0,
  }));
  assert.deepEqual(cut, expected, message);
}
