import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as dgram from "dgram-native";
import * as tunTap from "tun-tap-linux";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { CELL_SIZE } from "../../shared/protocol/packet/cell-pool.ts";
import { DELIVERY_COLUMNS, DeliveryBatch } from "../../shared/protocol/packet/delivery-batch.ts";
import {
  FLAG_CHECKSUM_PARTIAL,
  HEADROOM,
  PACKET_COLUMNS,
  PacketBatch,
} from "../../shared/protocol/packet/packet-batch.ts";
import { RECEIVE_COLUMNS, ReceiveBatch } from "../../shared/protocol/packet/receive-batch.ts";
import { NO_KEY, TRANSMIT_COLUMNS, TransmitBatch } from "../../shared/protocol/packet/transmit-batch.ts";
import { ADDRESS_RECORD_SIZE, isSameRemote } from "../../shared/protocol/wire/address-record.ts";
import { FRAGMENT_HEADER_SIZE, PACKET_PROTOCOL_SIZE } from "../../shared/protocol/wire/frame-header.ts";

const CAPACITY = 8;
const RECORD_SPACE = 64;

// The core imports nothing native and the native packages know no core, so each says for itself how a batch lies.
const BATCHES = [
  {
    name: "transmit",
    ours: TRANSMIT_COLUMNS,
    native: dgram.TRANSMIT_COLUMNS,
    count: dgram.TRANSMIT_COLUMN_COUNT,
    batch: new TransmitBatch(CAPACITY),
  },
  {
    name: "receive",
    ours: RECEIVE_COLUMNS,
    native: dgram.RECEIVE_COLUMNS,
    count: dgram.RECEIVE_COLUMN_COUNT,
    batch: new ReceiveBatch(CAPACITY),
  },
  {
    name: "packet",
    ours: PACKET_COLUMNS,
    native: tunTap.PACKET_COLUMNS,
    count: tunTap.PACKET_COLUMN_COUNT,
    batch: new PacketBatch(CAPACITY),
  },
  {
    name: "delivery",
    ours: DELIVERY_COLUMNS,
    native: tunTap.DELIVERY_COLUMNS,
    count: tunTap.DELIVERY_COLUMN_COUNT,
    batch: new DeliveryBatch(CAPACITY),
  },
];

for (const { name, ours, native, count, batch } of BATCHES) {
  describe(`A ${name} batch`, () => {
    it("has the same columns in the core and in the native package", () => {
      assert.deepEqual(ours, native);
    });

    it("has each column once, and an array with room for all of them", () => {
      const places = Object.values(native);

      assert.deepEqual(
        places.toSorted((a, b) => a - b),
        places.map((_, place) => place),
      );
      assert.equal(places.length, count);
      assert.equal(batch.columns.length, count * CAPACITY);
    });
  });
}

describe("The rows that the core fills and reads", () => {
  it("are where the transmit columns say", () => {
    const batch = new TransmitBatch(CAPACITY);
    batch.add(0, 0, 0, 0, 0);

    batch.seal(batch.add(1, 2, 3, 4, 10), 5, 6, 7, 8, 9);
    batch.copyRow(1, 11);
    batch.prefix(1, 6, 12, 13, 14);

    assert.deepEqual(row(batch.columns, dgram.TRANSMIT_COLUMNS, 1), {
      ...{ headOffset: 1, headLength: 2, bodyOffset: 3, bodyLength: 4 },
      ...{ headerWord0: 5, headerWord1: 6, nonceHigh: 7, nonceLow: 8, keySlot: 9, addressOffset: 10 },
      ...{ copyOffset: 11, place: 0, headStride: 0, bodyStride: 0 },
      ...{ prefixLength: 6, prefixHigh: 12, prefixLow: 13, prefixStep: 14 },
    });
  });

  it("are where the receive columns say", () => {
    const batch = new ReceiveBatch(CAPACITY);
    batch.add(0, 0, 0, 0, 0);

    batch.setKey(batch.add(1, 2, 3, 4, 5), 6, 7, 8);
    batch.columns[dgram.RECEIVE_COLUMNS.isOpened * CAPACITY + 1] = 1;

    assert.deepEqual(row(batch.columns, dgram.RECEIVE_COLUMNS, 1), {
      ...{ offset: 1, length: 2, addressOffset: 3, headerWord0: 4, headerWord1: 5 },
      ...{ nonceHigh: 6, nonceLow: 7, keySlot: 8, isOpened: 1 },
    });
    assert.ok(batch.isOpened(1));
  });

  it("are where the packet columns say", () => {
    const batch = new PacketBatch(CAPACITY);
    const { headOffset, headLength, bodyOffset, bodyLength, flags } = tunTap.PACKET_COLUMNS;
    for (const column of Object.values(tunTap.PACKET_COLUMNS)) batch.columns[column * CAPACITY + 1] = column;

    const read = [batch.headOffset(1), batch.headLength(1), batch.bodyOffset(1), batch.bodyLength(1), batch.flags(1)];

    assert.deepEqual(read, [headOffset, headLength, bodyOffset, bodyLength, flags]);
  });

  it("are where the delivery columns say", () => {
    const batch = new DeliveryBatch(CAPACITY);
    batch.add(0, 0, 0);

    batch.add(1, 2, 3);

    assert.deepEqual(row(batch.columns, tunTap.DELIVERY_COLUMNS, 1), { offset: 1, length: 2, flags: 3 });
  });
});

describe("The constants that the core shares with the native packages", () => {
  it("are the same: no key, address records, headroom, partial checksums", () => {
    assert.equal(NO_KEY, dgram.NO_KEY);
    assert.equal(ADDRESS_RECORD_SIZE, dgram.ADDRESS_RECORD_SIZE);
    assert.equal(HEADROOM, tunTap.HEADROOM);
    assert.equal(FLAG_CHECKSUM_PARTIAL, tunTap.FLAG_CHECKSUM_PARTIAL);
  });

  it("let a cell hold every datagram that a socket gives", () => {
    assert.equal(CELL_SIZE, dgram.MAX_DATAGRAM);
  });

  it("leave headroom for what framing puts in front of a packet", () => {
    assert.ok(HEADROOM >= FRAGMENT_HEADER_SIZE + PACKET_PROTOCOL_SIZE);
  });
});

describe("An address record that a socket writes", () => {
  const REMOTE = { address: "2001:db8::1", port: 5080 };
  const OTHERS = [
    { address: "2001:db8::2", port: 5080 },
    { address: "2001:db8::1", port: 5081 },
    { address: "2001:db8::1", port: 5080, scope: 3 },
    { address: "192.0.2.1", port: 5080 },
  ];

  it("is to the core the same remote whatever the local address is", () => {
    assert.ok(isSame(REMOTE, { ...REMOTE, localAddress: "2001:db8::ffff", localInterface: 2 }));
  });

  for (const other of OTHERS) {
    it(`is to the core another remote than ${JSON.stringify(other)}`, () => {
      assert.ok(!isSame(REMOTE, other));
    });
  }

  it("has its family where the core reads it", () => {
    const bytes = new Uint8Array(2 * RECORD_SPACE);
    dgram.writeAddressRecord(bytes, 0, { address: "192.0.2.1", port: 1 });
    dgram.writeAddressRecord(bytes, RECORD_SPACE, REMOTE);

    assert.deepEqual([bytes[0], bytes[RECORD_SPACE]], [4, 6]);
  });
});

function isSame(a: dgram.Address, b: dgram.Address): boolean {
  const arena = new Arena(2 * RECORD_SPACE);
  dgram.writeAddressRecord(arena.bytes, 0, a);
  dgram.writeAddressRecord(arena.bytes, RECORD_SPACE, b);
  return isSameRemote(arena.words, 0, RECORD_SPACE);
}

function row(
  columns: Int32Array,
  layout: Readonly<Record<string, number>>,
  at: number,
): Record<string, number | undefined> {
  return Object.fromEntries(Object.entries(layout).map(([name, column]) => [name, columns[column * CAPACITY + at]]));
}
