import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addon } from "../native-addon.ts";
import { buildPacket } from "./support/packets.ts";
import { Random } from "./support/random.ts";
import { randomShape } from "./support/random-shapes.ts";
import { buildSuperPacket } from "./support/super-packets.ts";

const ROUNDS = 30_000;
const ROWS = 16;
const ROW_SIZE = 256;

describe("Packets that nobody should send", () => {
  it("are written as they are or joined, and never read or written out of bounds", () => {
    const random = new Random();
    const arena = new Uint8Array(ROWS * ROW_SIZE);
    const columns = new Int32Array(3 * ROWS);
    const output = new Uint8Array(2 * arena.length);
    const templates = Array.from({ length: 400 }, () => buildPacket(smallShape(random)));
    for (let round = 0; round < ROUNDS; round++) {
      for (let row = 0; row < ROWS; row++) placeRow(random, arena, columns, row, templates);

      const used = addon.joinSegments(
        random.pick(["tun", "tap"]),
        random.chance(8),
        arena,
        columns,
        ROWS,
        ROWS,
        output,
      );

      assert.ok(used > 0 && used <= output.length, `seed ${random.seed} round ${round}`);
    }
  });

  it("are cut within the rows and the scratch region, or refused", () => {
    const random = new Random();
    const arena = new Uint8Array(4096);
    const columns = new Int32Array(5 * ROWS);
    const templates = Array.from({ length: 400 }, () => buildSuperPacket(smallShape(random), random.integer(1, 60)));
    for (let round = 0; round < 10 * ROUNDS; round++) {
      const bytes = templates[random.bits() % templates.length] ?? arena;
      arena.set(bytes);
      spoil(random, arena, 0, bytes.length);
      const length = random.integer(10, bytes.length);
      const kind = random.pick(["tun", "tap"]);
      const scratch = random.integer(0, 3000);

      const count = addon.cutSuperPacket(kind, arena, 0, length, 1024, scratch, columns, ROWS);

      assert.ok(count >= -1 && count <= ROWS);
      for (let row = 0; row < count; row++) {
        const [head = 0, headLength = 0, body = 0, bodyLength = 0] = [0, 1, 2, 3].map((c) => columns[c * ROWS + row]);
        assert.ok(head >= 1024 + 32 && head + headLength <= 1024 + scratch, `seed ${random.seed} round ${round}`);
        assert.ok(body >= 10 && bodyLength > 0 && body + bodyLength <= length, `seed ${random.seed} round ${round}`);
      }
    }
  });

  it("leave the checksum function within its bytes", () => {
    const random = new Random();
    for (let round = 0; round < 10 * ROUNDS; round++) {
      const bytes = new Uint8Array(random.integer(1, 80));
      spoil(random, bytes, 0, bytes.length);
      bytes[0] = random.pick([0x45, 0x46, 0x4f, 0x60, random.integer(0, 255)]);

      addon.completeChecksum(random.pick(["tun", "tap"]), bytes, 0, bytes.length);
    }
  });
});

function smallShape(random: Random) {
  const shape = randomShape(random);
  return { ...shape, sourcePort: random.integer(1, 3), payload: random.bytes(random.integer(1, 60)) };
}

/** Puts a spoilt packet at the end of its place, where a read beyond its length leaves the arena or its row. */
function placeRow(
  random: Random,
  arena: Uint8Array,
  columns: Int32Array,
  row: number,
  templates: readonly Uint8Array[],
): void {
  const packet = templates[random.bits() % templates.length] ?? arena;
  const length = random.chance(4) ? random.integer(1, packet.length) : packet.length;
  const offset = (row + 1) * ROW_SIZE - length;
  arena.set(packet.subarray(0, length), offset);
  if (!random.chance(3)) spoil(random, arena, offset, length);
  columns[row] = offset;
  columns[ROWS + row] = length;
  columns[2 * ROWS + row] = random.integer(0, 1);
}

function spoil(random: Random, bytes: Uint8Array, offset: number, length: number): void {
  for (let times = random.integer(1, 4); times > 0; times--) {
    bytes[offset + random.integer(0, length - 1)] = random.bits();
  }
}
