import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { completeChecksum } from "../index.ts";
import { addon } from "../native-addon.ts";

const arena = new Uint8Array(1000);
const columns = new Int32Array(50);
const output = new Uint8Array(2000);

describe("The addon", () => {
  it("throws TypeError for arguments of another type", () => {
    const call = (...values: unknown[]) => Reflect.apply(addon.joinSegments, addon, values);

    assert.throws(() => call(), TypeError);
    assert.throws(() => call("tun", 1, arena, columns, 10, 1, output), TypeError);
    assert.throws(() => call("tun", false, new Uint16Array(10), columns, 10, 1, output), TypeError);
    assert.throws(() => call("tun", false, new DataView(new ArrayBuffer(8)), columns, 10, 1, output), TypeError);
    assert.throws(() => call("tun", false, arena, new Uint32Array(50), 10, 1, output), TypeError);
    assert.throws(() => call("tun", false, arena, columns, "10", 1, output), TypeError);
    assert.throws(() => Reflect.apply(addon.readStatistics, addon, [{}]), TypeError);
    assert.throws(() => Reflect.apply(addon.readDevice, addon, [null, arena, 0, 10, columns, 10]), TypeError);
    assert.throws(() => Reflect.apply(addon.waitReadable, addon, [[{}], 0]), TypeError);
    assert.throws(() => Reflect.apply(addon.waitReadable, addon, [{}, 0]), TypeError);
  });

  it("throws RangeError for numbers that are out of bounds or no integers", () => {
    for (const capacity of [0, -1, 17, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      assert.throws(() => addon.joinSegments("tun", false, arena, columns, capacity, 0, output), RangeError);
    }
    for (const count of [-1, 11, 0.5, Number.NaN, 2 ** 32]) {
      assert.throws(() => addon.joinSegments("tun", false, arena, columns, 10, count, output), RangeError);
    }
    const spans = [
      [-1, 10],
      [0, 0],
      [0, 1001],
      [999, 2],
      [1000, 1],
      [2 ** 31, 1],
      [1, 2 ** 32],
      [0.5, 1],
    ] as const;
    for (const [offset, length] of spans) {
      assert.throws(() => completeChecksum(arena, offset, length), RangeError);
    }
  });

  it("throws RangeError for a row outside the arena, and writes nothing", () => {
    const rows = [
      [0, 0],
      [-1, 5],
      [0, 1001],
      [1000, 1],
      [0x7fffffff, 0x7fffffff],
      [5, -5],
    ] as const;
    for (const [offset, length] of rows) {
      const bad = Int32Array.from([0, offset, 20, length, 0, 0]);
      output.fill(0);

      assert.throws(() => addon.joinSegments("tun", false, arena, bad, 2, 2, output), RangeError);
      assert.ok(output.every((byte) => byte === 0));
    }
  });

  it("throws RangeError for a name that no interface can have and a kind that is none", () => {
    assert.throws(() => addon.openDevice("a-name-of-sixteen", "tun", 0, false, true), RangeError);
    assert.throws(() => addon.openDevice("a\0b", "tun", 0, false, true), RangeError);
    assert.throws(() => addon.openDevice("a", "tun", 65536, false, true), RangeError);
    assert.throws(() => Reflect.apply(addon.openDevice, addon, ["a", "tub", 0, false, true]), RangeError);
  });

  it("works on shared memory in a worker thread", async () => {
    const shared = new SharedArrayBuffer(64);
    const source = `
      import { workerData } from "node:worker_threads";
      const { completeChecksum } = await import(${JSON.stringify(new URL("../index.js", import.meta.url).href)});
      const packet = new Uint8Array(workerData);
      packet.set([0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 1, 0, 2, 0, 8, 0, 0]);
      if (!completeChecksum(packet, 0, 28)) throw new Error("not completed");
    `;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData: shared });

    const exitCode = await new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));

    assert.equal(exitCode, 0);
    assert.deepEqual([...new Uint8Array(shared, 26, 2)], [0xff, 0xf4]);
  });
});
