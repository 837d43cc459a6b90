import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { cpuHasAes, monotonicMilliseconds } from "../index.ts";

describe("The addon", () => {
  it("works in several worker threads at once, which may end in the middle", async () => {
    const script = new URL("./sending-thread.js", import.meta.url);
    for (let round = 0; round < 3; round++) {
      const workers = Array.from({ length: 4 }, () => new Worker(script));
      const messages = await Promise.all(workers.map((worker) => once(worker, "message")));

      assert.deepEqual(messages.flat(), ["alive", "alive", "alive", "alive"]);
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
  });

  it("tells the monotonic clock, which node:process tells too", () => {
    const before = Number(process.hrtime.bigint()) / 1e6;
    const now = monotonicMilliseconds();
    const after = Number(process.hrtime.bigint()) / 1e6;

    assert.ok(before <= now && now <= after);
    assert.notEqual(now, Math.floor(now));
  });

  it("knows whether the CPU has AES", () => {
    assert.equal(typeof cpuHasAes(), "boolean");
  });
});
