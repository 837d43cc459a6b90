import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { UdpSocket } from "../index.ts";
import { numbered, numberOf, ReceiveBatch, receiveAll, sendAll, TransmitBatch } from "./batches.ts";

const LOOPBACK = "127.0.0.1";
const COALESCED_MESSAGE = 70_000;

describe("Receiving a batch", () => {
  it("cuts what the kernel joined; the rows of one message share the address record", (test) => {
    const { sender, receiver } = open(test);
    send(
      sender,
      receiver,
      Array.from({ length: 40 }, () => 1000),
    );
    const batch = new ReceiveBatch();

    assert.equal(batch.receive(receiver), 40);

    const records = new Set(Array.from({ length: 40 }, (_, row) => batch.get(row, "addressOffset")));
    assert.equal(records.size, 1);
    assert.ok([...records].every((offset) => offset % 4 === 0));
    assert.equal(receiver.statistics().coalescedMessages, 1);
    assert.equal(receiver.statistics().receivedBytes, 40_000);
  });

  it("reads the first eight bytes as big endian words, zero where there is none", (test) => {
    for (const offload of [true, false]) {
      const { sender, receiver } = open(test, { offload });
      const batch = new TransmitBatch();
      const record = batch.address(LOOPBACK, receiver.port);
      const bytes = Uint8Array.of(0x81, 2, 3, 4, 0xf5, 6, 7, 8, 9);
      for (const length of [9, 8, 5, 3, 0]) batch.add({ head: bytes.subarray(0, length), record });
      sendAll(sender, batch);
      const received = new ReceiveBatch();

      assert.equal(received.receive(receiver), 5);

      const words = [0, 1, 2, 3, 4].map((row) => [
        received.get(row, "headerWord0"),
        received.get(row, "headerWord1"),
      ]);
      const word0 = 0x8102_0304 | 0;
      assert.deepEqual(words, [
        [word0, 0xf506_0708 | 0],
        [word0, 0xf506_0708 | 0],
        [word0, 0xf500_0000 | 0],
        [0x8102_0300 | 0, 0],
        [0, 0],
      ]);
    }
  });

  for (const offload of [true, false]) {
    it(`loses nothing for want of rows or scratch ${offload ? "with" : "without"} offload`, (test) => {
      for (const capacity of [64, 65, 127, 128, 129, 200, 1000]) {
        for (const scratch of [COALESCED_MESSAGE, 3 * COALESCED_MESSAGE, 1 << 20]) {
          const { sender, receiver } = open(test, { offload });
          const lengths = Array.from({ length: 700 }, (_, row) => 4 + (((row >> 5) * 37) % 900));
          send(sender, receiver, lengths);

          const received = receiveAll(receiver, new ReceiveBatch(capacity, scratch));

          assert.deepEqual(
            received,
            lengths.map((length, row) => numbered(row, length)),
          );
          assert.equal(receiver.statistics().overflowed, 0);
          sender.close();
          receiver.close();
        }
      }
    });

    it(`drops and counts datagrams above the maximum ${offload ? "with" : "without"} offload`, (test) => {
      const { sender, receiver } = open(test, { offload, maximumDatagram: 1000 }, { maximumDatagram: 9216 });
      const lengths = [1000, 1001, 600, 9000, 5000, 5000, 5000, 1000];
      send(sender, receiver, lengths);

      const received = receiveAll(receiver);

      assert.deepEqual(received.map(numberOf), [0, 2, 7]);
      assert.equal(receiver.statistics().truncated, 5);
    });
  }

  it("stays inside the scratch it was given", (test) => {
    for (const offload of [true, false]) {
      const { sender, receiver } = open(test, { offload });
      send(
        sender,
        receiver,
        Array.from({ length: 50 }, () => 1400),
      );
      const batch = new ReceiveBatch();
      batch.arena.fill(0xee);
      const [start, length] = [12_345, 200_000];

      const rows = receiver.receive(batch.arena, start, length, batch.columns, batch.capacity);

      assert.equal(rows, 50);
      assert.ok(batch.arena.subarray(0, start).every((byte) => byte === 0xee));
      assert.ok(batch.arena.subarray(start + length).every((byte) => byte === 0xee));
    }
  });

  it("says how much scratch and how many rows it needs", (test) => {
    for (const offload of [true, false]) {
      const { sender, receiver } = open(test, { offload });
      send(sender, receiver, [100]);
      const { minimumScratch, minimumRows } = receiver;
      const batch = new ReceiveBatch(64);
      const receive = (scratch: number, rows: number) =>
        receiver.receive(batch.arena, 1, scratch, batch.columns, rows);

      assert.throws(() => receive(minimumScratch - 1, minimumRows), RangeError);
      assert.throws(() => receive(minimumScratch, minimumRows - 1), RangeError);
      assert.equal(receive(minimumScratch, minimumRows), 1);
    }
  });

  it("returns 0 when nothing waits", (test) => {
    const { receiver } = open(test);

    assert.equal(new ReceiveBatch().receive(receiver), 0);
  });

  it("goes on after the peer's port was closed (ICMP)", (test) => {
    const { sender, receiver } = open(test);
    const batch = new TransmitBatch();
    const closed = UdpSocket.open({ family: 4, address: LOOPBACK });
    const record = batch.address(LOOPBACK, closed.port);
    closed.close();
    for (let row = 0; row < 10; row++) batch.add({ head: numbered(row, 100 + row), record });
    sendAll(sender, batch);
    send(receiver, sender, [50]);

    assert.deepEqual(receiveAll(sender), [numbered(0, 50)]);
  });
});

type Cleanup = { after(close: () => void): void };
type Options = { readonly offload?: boolean; readonly maximumDatagram?: number };

function open(test: Cleanup, receiverOptions: Options = {}, senderOptions: Options = {}) {
  const sender = UdpSocket.open({ family: 4, address: LOOPBACK, ...senderOptions });
  const receiver = UdpSocket.open({ family: 4, address: LOOPBACK, receiveBufferBytes: 8 << 20, ...receiverOptions });
  test.after(() => {
    sender.close();
    receiver.close();
  });
  return { sender, receiver };
}

function send(from: UdpSocket, to: UdpSocket, lengths: readonly number[]): void {
  const batch = new TransmitBatch();
  const record = batch.address(to.address, to.port);
  for (const [row, length] of lengths.entries()) batch.add({ head: numbered(row, length), record });
  assert.equal(sendAll(from, batch), lengths.length);
}
