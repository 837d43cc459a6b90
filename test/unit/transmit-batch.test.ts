import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Aead } from "dgram-native";
import { PacketBatch } from "../../shared/protocol/packet/packet-batch.ts";
import { TransmitBatch } from "../../shared/protocol/packet/transmit-batch.ts";

const CAPACITY = 16;
const STRIDE = 512;
const [HEAD, HEADS, BODIES] = [40, 1024, 4096];
const BODY = 200;
const COUNT = 10;

describe("A run in a transmit batch", () => {
  it("reads as the native package writes it", () => {
    const arena = Uint8Array.from({ length: 16_384 }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
    const batch = runOfPackets();
    const [out, lengths] = [new Uint8Array(COUNT * STRIDE), new Int32Array(COUNT)];

    new Aead(1).seal(arena, batch.columns, CAPACITY, 1, 1 + COUNT, out, 0, STRIDE, lengths);

    for (let place = 0; place < COUNT; place++) {
      const row = 1 + place;
      const text = new Uint8Array(batch.textLength(row));
      batch.writeText(row, arena, text, 0);
      assert.deepEqual(text, out.slice(place * STRIDE, place * STRIDE + (lengths[place] ?? 0)));
      const start = new Uint8Array(10);
      batch.writeText(row, arena, start, 0, start.length);
      assert.deepEqual(start, text.slice(0, start.length));
    }
  });

  it("counts up header word and pieces, and shares the rest", () => {
    const batch = runOfPackets();
    batch.seal(1, 0x0300_0007, 0x7fff_ffff, 0, 0x7fff_ffff, 3);
    batch.copyRun(1, Int32Array.of(8192, 10_240), 2, 26);

    const rows = [1, 2].map((row) => [batch.headOffset(row), batch.bodyOffset(row), batch.headerWord1(row)]);
    const shared = [1, 2].map((row) => [batch.headerWord0(row), batch.keySlot(row), batch.addressOffset(row)]);

    assert.deepEqual(rows, [
      [HEADS, BODIES, 0x7fff_ffff],
      [HEADS + 64, BODIES + BODY, -0x8000_0000],
    ]);
    assert.deepEqual(shared, [
      [0x0300_0007, 3, 96],
      [0x0300_0007, 3, 96],
    ]);
    assert.deepEqual([batch.copyOffset(1), batch.copyOffset(2), batch.copyOffset(3)], [8218, 10_266, 0]);
  });
});

describe("Packets of a batch", () => {
  it("are alike as long as size, distance and checksum are", () => {
    const ends = ([column, row, value]: readonly [number, number, number]) => {
      const packets = packetsAlike();
      packets.columns[column * CAPACITY + row] = value;
      return packets.endOfAlike(0, COUNT);
    };

    assert.deepEqual(packetsAlike().endOfAlike(0, COUNT), COUNT);
    assert.deepEqual(packetsAlike().endOfAlike(2, 5), 5);
    const changes = [0, 1, 2, 3, 4].map((column) => ends([column, 6, column === 4 ? 1 : 7]));
    assert.deepEqual(changes, [6, 6, 6, 6, 6]);
  });
});

function packetsAlike(): PacketBatch {
  const packets = new PacketBatch(CAPACITY);
  for (let row = 0; row < COUNT; row++) {
    packets.add(HEADS + row * 64, HEAD, 0);
    packets.columns[2 * CAPACITY + row] = BODIES + row * BODY;
    packets.columns[3 * CAPACITY + row] = BODY;
  }
  return packets;
}

/** A single row, and behind it a run of which the prefix has more than 32 bits when it counts up. */
function runOfPackets(): TransmitBatch {
  const batch = new TransmitBatch(CAPACITY);
  batch.add(0, 10, 0, 0, 0);
  batch.prefix(batch.addRun(packetsAlike(), 0, COUNT, 96), 6, 0x3dc0, -800, 256);
  return batch;
}
