import assert from "node:assert/strict";
import { once } from "node:events";
import { getPriority } from "node:os";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";

const MODULE = new URL("../../shared/runtime/data-plane/thread-priority.js", import.meta.url);
const SOURCE = `
  import { readFileSync } from "node:fs";
  import { parentPort } from "node:worker_threads";
  import { prioritizeThreads } from "${MODULE}";
  const refusal = prioritizeThreads(5);
  parentPort.postMessage({ refusal, stat: readFileSync("/proc/thread-self/stat", "latin1") });`;

describe("The priority of the data plane", () => {
  it("is that of its thread, and not that of the main one", async () => {
    const before = getPriority();
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(SOURCE)}`));
    const [{ refusal, stat }] = await once(worker, "message");
    await worker.terminate();

    assert.equal(refusal, null);
    assert.equal(niceOf(stat), 5);
    assert.equal(getPriority(), before);
  });
});

// proc_pid_stat(5): the 17th field behind the name.
const niceOf = (stat: string): number => Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
