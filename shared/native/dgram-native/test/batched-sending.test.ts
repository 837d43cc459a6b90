import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { UdpSocket } from "../index.ts";
import { numbered, numberOf, receiveAll, sendAll, TransmitBatch } from "./batches.ts";

const RECEIVE_BUFFER = 8 << 20;

describe("Sending a batch", () => {
  it("gathers interleaved destinations into one run each, in order", (test) => {
    const { sender, receivers } = open(test, 3);
    const batch = new TransmitBatch();
    for (let row = 0; row < 150; row++) {
      // Equal records at different places are one destination.
      const record = batch.address("127.0.0.1", receivers[row % 3]?.port ?? 0);
      batch.add({ head: numbered(row, 1000), record });
    }

    sendAll(sender, batch);

    for (const [index, receiver] of receivers.entries()) {
      const expected = Array.from({ length: 50 }, (_, place) => numbered(place * 3 + index, 1000));
      assert.deepEqual(receiveAll(receiver), expected);
    }
    const { segmentedRuns, sendCalls, sentDatagrams, sentBytes } = sender.statistics();
    assert.deepEqual([segmentedRuns, sendCalls, sentDatagrams, sentBytes], [3, 1, 150, 150_000]);
  });

  it("ends a run after 64 datagrams, after 65,000 bytes, and after a shorter one", (test) => {
    const runsOf = (lengths: readonly number[]): number[] => {
      const { sender, receivers } = open(test, 1);
      const batch = new TransmitBatch();
      const record = batch.address("127.0.0.1", receivers[0]?.port ?? 0);
      for (const [row, length] of lengths.entries()) batch.add({ head: numbered(row, length), record });
      sendAll(sender, batch);
      const received = receivers.flatMap((receiver) => receiveAll(receiver));
      assert.deepEqual(
        received,
        lengths.map((length, row) => numbered(row, length)),
      );
      const { segmentedRuns, segmentedDatagrams } = sender.statistics();
      return [segmentedRuns, segmentedDatagrams];
    };

    assert.deepEqual(runsOf(repeat(100, 64)), [1, 64]);
    assert.deepEqual(runsOf(repeat(100, 65)), [1, 64]);
    assert.deepEqual(runsOf(repeat(100, 66)), [2, 66]);
    assert.deepEqual(runsOf(repeat(1400, 46)), [1, 46]);
    assert.deepEqual(runsOf(repeat(1400, 47)), [1, 46]);
    assert.deepEqual(runsOf([...repeat(500, 5), 400, ...repeat(500, 5)]), [2, 11]);
    assert.deepEqual(runsOf([100, 200, 300, 400]), [0, 0]);
    assert.deepEqual(runsOf([400, 300, 200, 100]), [2, 4]);
    assert.deepEqual(runsOf([50, 0, 50, 50, 0, 0]), [1, 2]);
    assert.deepEqual(runsOf([0, 50, 50]), [1, 2]);
  });

  it("keeps copies of rows, of those too that cannot be sent", (test) => {
    const { sender, receivers } = open(test, 1);
    const batch = new TransmitBatch();
    const record = batch.address("127.0.0.1", receivers[0]?.port ?? 0);
    const foreign = batch.address("::1", 9);
    batch.add({ head: numbered(1, 100), body: numbered(2, 50), record, copyTo: 100_000 });
    batch.add({ head: numbered(3, 100), record: foreign, copyTo: 102_048 });

    sendAll(sender, batch);

    assert.deepEqual(batch.arena.slice(100_000, 100_100), numbered(1, 100));
    assert.deepEqual(batch.arena.slice(100_100, 100_150), numbered(2, 50));
    assert.deepEqual(batch.arena.slice(102_048, 102_148), numbered(3, 100));
    assert.equal(receivers.flatMap((receiver) => receiveAll(receiver)).length, 1);
  });

  it("sends one by one without offload, in order", (test) => {
    const { sender, receivers } = open(test, 2, { offload: false });
    const batch = new TransmitBatch();
    const records = receivers.map((receiver) => batch.address("127.0.0.1", receiver.port));
    for (let row = 0; row < 300; row++) batch.add({ head: numbered(row, 300), record: records[row % 2] ?? 0 });

    assert.equal(sendAll(sender, batch), 300);

    for (const [index, receiver] of receivers.entries()) {
      assert.deepEqual(
        receiveAll(receiver).map(numberOf),
        Array.from({ length: 150 }, (_, place) => 2 * place + index),
      );
    }
    assert.deepEqual(sender.offloads, { segmentation: false, coalescing: false });
    assert.equal(sender.statistics().segmentedRuns, 0);
  });

  it("keeps many destinations apart", (test) => {
    const { sender, receivers } = open(test, 120);
    const batch = new TransmitBatch();
    for (let row = 0; row < 1000; row++) {
      batch.add({ head: numbered(row, 64), record: batch.address("127.0.0.1", receivers[row % 120]?.port ?? 0) });
    }

    assert.equal(sendAll(sender, batch), 1000);

    for (const [index, receiver] of receivers.entries()) {
      const numbers = receiveAll(receiver).map(numberOf);
      assert.equal(numbers.length, index < 40 ? 9 : 8);
      assert.deepEqual(
        numbers,
        numbers.map((_, place) => place * 120 + index),
      );
    }
  });

  it("takes batches longer than its queue", (test) => {
    const { sender, receivers } = open(test, 1);
    const batch = new TransmitBatch(5000);
    const record = batch.address("127.0.0.1", receivers[0]?.port ?? 0);
    for (let row = 0; row < 5000; row++) batch.add({ head: numbered(row, 100), record });

    assert.equal(sendAll(sender, batch), 5000);

    assert.deepEqual(
      receivers.flatMap((receiver) => receiveAll(receiver)).map(numberOf),
      Array.from({ length: 5000 }, (_, row) => row),
    );
  });

  it("drops and counts what this socket can never send, and sends the rest", (test) => {
    const { sender, receivers } = open(test, 1);
    const batch = new TransmitBatch(3000);
    const good = batch.address("127.0.0.1", receivers[0]?.port ?? 0);
    for (let row = 0; row < 3000; row++) {
      const isWrong = row < 2990;
      batch.add({ head: numbered(row, 100), record: isWrong ? batch.address("2001:db8::1", row) : good });
    }

    assert.equal(sendAll(sender, batch), 3000);

    assert.deepEqual(sender.statistics().drops, { EAFNOSUPPORT: 2990 });
    assert.equal(sender.statistics().lastError, "EAFNOSUPPORT");
    assert.equal(receivers.flatMap((receiver) => receiveAll(receiver)).length, 10);
  });

  it("sends nothing at all when one row is wrong", (test) => {
    const { sender, receivers } = open(test, 1);
    const batch = new TransmitBatch();
    const record = batch.address("127.0.0.1", receivers[0]?.port ?? 0);
    for (let row = 0; row < 10; row++) batch.add({ head: numbered(row, 100), record });
    const length = batch.arena.length;
    const wrong = [
      ["headOffset", -1],
      ["headOffset", length],
      ["headOffset", 2147483647],
      ["headLength", -1],
      ["headLength", length],
      ["bodyOffset", length + 1],
      ["bodyLength", -5],
      ["bodyLength", 2000],
      ["addressOffset", length - 47],
      ["addressOffset", -48],
      ["keySlot", 0],
      ["keySlot", -2],
    ] as const;

    for (const [column, value] of wrong) {
      const broken = new TransmitBatch();
      broken.columns.set(batch.columns);
      broken.arena.set(batch.arena);
      broken.count = batch.count;
      broken.set(9, column, value);
      assert.throws(() => sendAll(sender, broken), { name: "RangeError", message: /^row 9: / }, column);
    }
    assert.equal(sender.statistics().sentDatagrams, 0);
  });

  it("takes datagrams up to the maximum and not one byte more", (test) => {
    const { sender, receivers } = open(test, 1, { maximumDatagram: 9000 });
    const batch = new TransmitBatch();
    const record = batch.address("127.0.0.1", receivers[0]?.port ?? 0);
    batch.add({ head: numbered(1, 4500), body: numbered(2, 4500), record });

    sendAll(sender, batch);

    assert.equal(receivers.flatMap((receiver) => receiveAll(receiver))[0]?.length, 9000);
    batch.add({ head: numbered(1, 4500), body: numbered(2, 4501), record });
    assert.throws(() => sendAll(sender, batch), /row 1: datagram is longer than the maximum/);
  });
});

type Cleanup = { after(close: () => void): void };
type Options = { readonly offload?: boolean; readonly maximumDatagram?: number };

function open(test: Cleanup, count: number, options: Options = {}) {
  const sender = UdpSocket.open({ family: 4, address: "127.0.0.1", ...options });
  const receivers = Array.from({ length: count }, () =>
    UdpSocket.open({ family: 4, address: "127.0.0.1", receiveBufferBytes: RECEIVE_BUFFER, ...options }),
  );
  test.after(() => {
    for (const socket of [sender, ...receivers]) socket.close();
  });
  return { sender, receivers };
}

function repeat(length: number, count: number): number[] {
  return Array.from({ length: count }, () => length);
}
