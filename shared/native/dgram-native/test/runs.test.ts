import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Aead, UdpSocket } from "../index.ts";
import { numbered, receiveAll, sendAll, TransmitBatch } from "./batches.ts";

const COUNT = 40;
const STRIDE = 2048;
const [HEAD, BODY] = [40, 600];
const [HEAD_STRIDE, BODY_STRIDE] = [96, -640];
const COPIES = 2_000_000;

/** What counts up in a run, at its first datagram. */
type Start = {
  readonly prefixLength: number;
  readonly prefix: bigint;
  readonly step: number;
  readonly nonce: bigint;
  readonly word1: number;
};

const STARTS: readonly Start[] = [
  { prefixLength: 0, prefix: 0n, step: 0, nonce: 0n, word1: 0 },
  { prefixLength: 6, prefix: 0x3dc0_00ab_cd21n, step: 256, nonce: 7n, word1: 7 },
  { prefixLength: 4, prefix: 0xffff_fff0n, step: 1, nonce: 0xffff_fff0n, word1: 0xffff_fff0 | 0 },
  { prefixLength: 8, prefix: 0x0123_4567_ffff_fff0n, step: 0xffff_ffff | 0, nonce: 0x1_0000_0000n, word1: 3 },
];

describe("A run of a transmit batch", () => {
  it("is sealed and copied as the datagrams for which it stands", () => {
    const aead = new Aead(1);
    const slot = aead.addKey("aes-256-gcm", numbered(1, 32));

    for (const start of STARTS) {
      const [run, rows] = [runOf(start, slot), rowsOf(start, slot)];

      assert.deepEqual(sealed(aead, run, 0), sealed(aead, rows, 0));
      for (const [row, text] of texts(start).entries()) {
        const copy = COPIES + row * STRIDE;
        const kept = row % 2 === 0 ? text : new Uint8Array(text.length);
        assert.deepEqual(run.arena.slice(copy, copy + text.length), kept);
      }
    }
  });

  it("may be gone through from any of its datagrams on", () => {
    const aead = new Aead(1);
    const slot = aead.addKey("chacha20-poly1305", numbered(1, 32));
    const [start] = STARTS;
    assert.ok(start !== undefined);

    assert.deepEqual(sealed(aead, runOf(start, slot), 17), sealed(aead, rowsOf(start, slot), 17));
  });

  it("is sent in its order, also as it stands", (test) => {
    const sockets = [0, 1].map(() => UdpSocket.open({ family: 4, address: "127.0.0.1" }));
    test.after(() => {
      for (const socket of sockets) socket.close();
    });
    const [sender, receiver] = sockets;
    const [, start] = STARTS;
    assert.ok(sender !== undefined && receiver !== undefined && start !== undefined);
    const batch = runOf(start, -1);
    batch.set(0, "addressOffset", batch.address("127.0.0.1", receiver.port));

    assert.equal(sendAll(sender, batch), COUNT);

    assert.deepEqual(receiveAll(receiver), texts(start));
    assert.equal(sender.statistics().segmentedRuns, 1);
  });

  it("is refused where a place is wrong, or what it comes to lies outside", () => {
    const aead = new Aead(1);
    const slot = aead.addKey("aes-256-gcm", numbered(1, 32));
    const [start] = STARTS;
    assert.ok(start !== undefined);
    const wrong = [
      [9, "place", 10, /row 9: its run begins before the batch/],
      [9, "place", -1, /row 9: its run begins before the batch/],
      [9, "place", 3, /row 9: its run does not begin where it says/],
      [0, "prefixLength", 9, /row 0: prefix is not of 0 to 8 bytes/],
      [0, "prefixLength", -1, /row 0: prefix is not of 0 to 8 bytes/],
      [0, "headStride", 2 ** 30, /row 1: head lies outside the arena/],
      [0, "bodyStride", -(2 ** 31), /row 1: body lies outside the arena/],
      [3, "copyOffset", 2 ** 31 - 1, /row 3: copy lies outside the arena/],
    ] as const;

    for (const [row, column, value, message] of wrong) {
      const batch = runOf(start, slot);
      batch.set(row, column, value);
      assert.throws(() => sealed(aead, batch, 0), { name: "RangeError", message });
    }
  });
});

/** The texts of a run; every second one is copied. */
function texts({ prefixLength, prefix, step }: Start): Uint8Array[] {
  return Array.from({ length: COUNT }, (_, row) => {
    const number = BigInt.asUintN(64, prefix + BigInt(row) * BigInt(step >>> 0));
    const digits = number.toString(16).padStart(16, "0");
    const front = Buffer.from(digits, "hex").subarray(8 - prefixLength);
    return Uint8Array.from([...front, ...numbered(row, HEAD), ...numbered(1000 + row, BODY)]);
  });
}

function runOf({ prefixLength, prefix, step, nonce, word1 }: Start, slot: number): TransmitBatch {
  const batch = new TransmitBatch(COUNT);
  const [heads, bodies] = [1_000_000, 1_500_000];
  batch.add({ head: numbered(0, 0), seal: { slot, nonce, word0: 0x0300_0001, word1 } });
  const columns = [
    ...[["headOffset", heads] as const, ["headLength", HEAD] as const, ["headStride", HEAD_STRIDE] as const],
    ...[["bodyOffset", bodies] as const, ["bodyLength", BODY] as const, ["bodyStride", BODY_STRIDE] as const],
    ...[["prefixLength", prefixLength] as const, ["prefixStep", step] as const],
    ...[["prefixHigh", Number(prefix >> 32n)] as const, ["prefixLow", Number(prefix & 0xffff_ffffn)] as const],
  ];
  for (const [column, value] of columns) batch.set(0, column, value);
  for (let row = 0; row < COUNT; row++) {
    batch.arena.set(numbered(row, HEAD), heads + row * HEAD_STRIDE);
    batch.arena.set(numbered(1000 + row, BODY), bodies + row * BODY_STRIDE);
    batch.set(row, "place", row);
    batch.set(row, "copyOffset", row % 2 === 0 ? COPIES + row * STRIDE : 0);
  }
  batch.count = COUNT;
  return batch;
}

function rowsOf(start: Start, slot: number): TransmitBatch {
  const batch = new TransmitBatch(COUNT);
  for (const [row, head] of texts(start).entries()) {
    const nonce = start.nonce + BigInt(row);
    batch.add({ head, seal: { slot, nonce, word0: 0x0300_0001, word1: start.word1 + row } });
  }
  return batch;
}

function sealed(aead: Aead, batch: TransmitBatch, from: number): Uint8Array[] {
  const { arena, columns, capacity, count } = batch;
  const out = new Uint8Array((count - from) * STRIDE);
  const lengths = new Int32Array(count - from);
  aead.seal(arena, columns, capacity, from, count, out, 0, STRIDE, lengths);
  return Array.from(lengths, (length, place) => out.slice(place * STRIDE, place * STRIDE + length));
}
