import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DataPlaneThread } from "../../shared/runtime/data-plane/data-plane-thread.ts";

const READY = `import { parentPort } from "node:worker_threads";
  parentPort.postMessage({ kind: "ready", wakeFd: -1, interfaceName: "hawser0" });`;

describe("A data-plane thread", () => {
  it("hands events over from the very first on, and ends when it is told to", async () => {
    const events: unknown[] = [];
    const thread = await start(
      `${READY}
      parentPort.postMessage({ kind: "event", event: "first" });
      parentPort.on("message", ({ kind }) => { if (kind === "stop") parentPort.close(); });`,
      { onEvent: (event) => events.push(event) },
    );

    await thread.stop();
    await thread.stop();

    assert.equal(thread.interfaceName, "hawser0");
    assert.deepEqual(events, ["first"]);
  });

  it("fails to start with what it says of a failed system call", async () => {
    const failed = { kind: "failed", code: "EBUSY", operation: "open the interface hawser0", hint: "stop the other" };

    await assert.rejects(start(`${READY.split("\n")[0]} parentPort.postMessage(${JSON.stringify(failed)});`), {
      name: "SystemError",
      message: "open the interface hawser0: EBUSY: stop the other",
    });
  });

  it("fails to start with what it threw", async () => {
    await assert.rejects(start(`throw new Error("no memory");`), { message: "no memory" });
  });

  it("fails to start when it ends without a word", async () => {
    await assert.rejects(start(""), { message: "the data plane's thread did not start" });
  });

  it("tells of a bug once, and can still be stopped and asked after it", async () => {
    const failure = firstFailure();
    let failures = 0;
    const thread = await start(`${READY} setImmediate(() => { throw new Error("a bug"); });`, {
      onFailure: (error) => {
        failures++;
        failure.resolve(error);
      },
    });

    assert.match(String(await failure.promise), /a bug/);
    await thread.stop();
    assert.deepEqual(await thread.status(), { bundles: [], drops: {} });
    assert.equal(failures, 1);
  });

  it("tells of the system call by which it ended", async () => {
    const failed = {
      kind: "failed",
      code: "EBADFD",
      operation: "read from the interface hawser0",
      hint: "it is gone",
    };
    const failure = firstFailure();

    await start(`${READY} parentPort.postMessage(${JSON.stringify(failed)});`, { onFailure: failure.resolve });

    assert.equal((await failure.promise).message, "read from the interface hawser0: EBADFD: it is gone");
  });

  it("is ended by force when it does not heed the stop", async () => {
    const thread = await start(`${READY} setImmediate(() => { for (;;); });`);

    await thread.stop();
  });
});

type Callbacks = {
  readonly onEvent?: (event: unknown) => void;
  readonly onFailure?: (error: Error) => void;
};

async function start(source: string, callbacks: Callbacks = {}): Promise<DataPlaneThread<string, unknown>> {
  return await DataPlaneThread.start<string, unknown>({
    module: new URL(`data:text/javascript,${encodeURIComponent(source)}`),
    data: undefined,
    onEvent: callbacks.onEvent ?? (() => undefined),
    onFrames: () => undefined,
    onFailure: callbacks.onFailure ?? (() => undefined),
  });
}

function firstFailure(): { readonly promise: Promise<Error>; readonly resolve: (error: Error) => void } {
  let resolve: (error: Error) => void = () => undefined;
  const promise = new Promise<Error>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve: (error) => resolve(error) };
}
