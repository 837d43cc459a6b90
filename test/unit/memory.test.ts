import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DROP, DropCounters } from "../../shared/protocol/drop-reason.ts";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { AssemblyBuffer } from "../../shared/protocol/packet/assembly-buffer.ts";
import { CELL_SIZE, CellPool, NO_CELL } from "../../shared/protocol/packet/cell-pool.ts";
import { DeliveryBatch } from "../../shared/protocol/packet/delivery-batch.ts";
import { FLAG_CHECKSUM_PARTIAL } from "../../shared/protocol/packet/packet-batch.ts";
import { PacketDelivery } from "../../shared/protocol/packet/packet-delivery.ts";
import { AssociationTable } from "../../shared/protocol/seal/association-table.ts";
import { ip4Packet } from "../support/ip-packets.ts";

describe("A pool of cells", () => {
  it("hands out cells that do not overlap, until there are none", () => {
    const cells = new CellPool(new Arena(64 * 1024), 4);

    const taken = [1, 2, 3, 4].map(() => cells.take());

    assert.equal(new Set(taken.map((offset) => Math.floor(offset / CELL_SIZE))).size, 4);
    assert.equal(cells.take(), NO_CELL);
  });

  it("hands a released cell out again only after the batches that may name it were written", () => {
    const cells = new CellPool(new Arena(64 * 1024), 1);
    const cell = cells.take();
    cells.release(cell);

    const before = cells.take();
    cells.recycle();

    assert.equal(before, NO_CELL);
    assert.equal(cells.take(), cell);
  });
});

describe("An assembly buffer", () => {
  it("has room for so many bytes between two recyclings", () => {
    const buffer = new AssemblyBuffer(new Arena(64 * 1024), 1000);

    const [first, second, third] = [buffer.take(600), buffer.take(400), buffer.take(1)];
    buffer.recycle();

    assert.deepEqual([second, third], [first + 600, -1]);
    assert.equal(buffer.take(1000), first);
  });
});

describe("A table of associations", () => {
  it("gives out random indices that are neither zero nor in use", () => {
    const numbers = [
      [0, 0, 0],
      [0, 1, 2],
      [0, 1, 2],
      [9, 9, 9],
    ];
    const table = new AssociationTable<string>(() => Uint8Array.from(numbers.shift() ?? []));

    const indices = [table.add("a"), table.add("b")];

    assert.deepEqual(indices, [0x0102, 0x090909]);
  });

  it("gives a worker of several indices that lead to it, whatever the dice say, and never zero", () => {
    for (const number of [0, 1, 2]) {
      const draws = [0, 1, 2, 3, 0xfffffe, 0xffffff, 0x123456].map((draw) => [draw >> 16, draw >> 8, draw]);
      const table = new AssociationTable<string>(() => Uint8Array.from(draws.shift() ?? [5, 5, 5]), {
        number,
        count: 3,
      });

      const indices = Array.from({ length: 3 }, () => table.add("a"));

      assert.ok(indices.every((index) => index % 3 === number && index > 0 && index < 2 ** 24));
    }
  });

  it("finds, replaces and forgets what is behind an index", () => {
    const table = new AssociationTable<string>(() => Uint8Array.of(1, 2, 3));
    const index = table.add("a");

    table.replace(index, "b");
    const found = table.get(index);
    table.remove(index);

    assert.equal(found, "b");
    assert.deepEqual([table.get(index), table.size], [undefined, 0]);
  });
});

describe("A delivery to the TUN device", () => {
  const packet = ip4Packet({ source: [10, 0, 0, 1], destination: [10, 0, 0, 2], size: 40, serial: 1 });

  it("lets a well-formed packet through, behind its protocol field", () => {
    const { deliver, batch } = setUp(undefined);

    assert.equal(deliver([0x21, ...packet], true), true);

    assert.deepEqual([batch.count, batch.offset(0), batch.length(0)], [1, 1, 40]);
    assert.equal(batch.flags(0), FLAG_CHECKSUM_PARTIAL);
  });

  for (const [what, bytes, reason] of [
    ["a packet of another protocol", [0x2b, ...packet], DROP.unknownProtocol],
    ["a packet of another IP version than its protocol field says", [0x57, ...packet], DROP.malformedPacket],
    ["a packet that is shorter than its header says", [0x21, ...packet.subarray(0, 39)], DROP.malformedPacket],
    ["a packet with bytes behind its end", [0x21, ...packet, 0], DROP.malformedPacket],
    ["nothing behind the protocol field", [0x21], DROP.malformedPacket],
  ] as const) {
    it(`drops and counts ${what}`, () => {
      const { deliver, batch, drops } = setUp(undefined);

      assert.equal(deliver(bytes, false), true);

      assert.deepEqual([batch.count, drops.get(reason), drops.total], [0, 1, 1]);
    });
  }

  it("drops and counts what the filter refuses", () => {
    const { deliver, batch, drops } = setUp({ refuse: () => DROP.foreignSource });

    assert.equal(deliver([0x21, ...packet], false), true);

    assert.deepEqual([batch.count, drops.get("foreign-source")], [0, 1]);
  });

  it("refuses a packet while the batch is full, and notes it", () => {
    const { deliver, batch, delivery } = setUp(undefined);
    deliver([0x21, ...packet], false);

    assert.equal(deliver([0x21, ...packet], false), false);

    assert.equal(batch.hasRefused, true);
    batch.clear();
    delivery.onMemoryShort();
    assert.equal(batch.hasRefused, true);
  });

  function setUp(filter: { readonly refuse: () => typeof DROP.foreignSource } | undefined) {
    const arena = new Arena(4096);
    const batch = new DeliveryBatch(1);
    const drops = new DropCounters();
    const delivered = { count: () => {} };
    const delivery = new PacketDelivery({ arena, batch, filter, drops, delivered });
    const deliver = (bytes: readonly number[], isPartial: boolean): boolean => {
      arena.bytes.set(bytes);
      return delivery.deliver(0, bytes.length, isPartial);
    };
    return { deliver, batch, drops, delivery };
  }
});
