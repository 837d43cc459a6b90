import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DataPlaneThreads } from "../../shared/runtime/data-plane/data-plane-threads.ts";
import type { ThreadReport } from "../../shared/runtime/data-plane/thread-messages.ts";

/** What a thread that stands for a data plane says: its first report, then an answer to each kind of question. */
type Script = {
  readonly first: ThreadReport<string>;
  readonly answers?: Readonly<Record<string, unknown>>;
};

const READY: ThreadReport<string> = { kind: "ready", wakeFd: -1, interfaceName: "hawser0", refusal: null };
const FAILED: ThreadReport<string> = { kind: "failed", code: "EADDRINUSE", operation: "listen", hint: "stop it" };

const SOURCE = `
  import { parentPort, workerData } from "node:worker_threads";
  parentPort.postMessage(workerData.first);
  parentPort.on("message", (request) => {
    if (request.kind === "stop") return parentPort.close();
    if (request.kind === "command") return parentPort.postMessage({ kind: "event", event: request.command });
    parentPort.postMessage({ ...workerData.answers[request.kind], id: request.id });
  });`;

describe("Several data-plane threads", () => {
  it("have one status: all bundles, and the drops added up", async () => {
    const statusOf = (name: string, drops: object) => ({ kind: "status", status: { bundles: [{ name }], drops } });
    const { threads } = await start([
      { first: READY, answers: { status: statusOf("alice", { "no-route": 1 }) } },
      { first: READY, answers: { status: statusOf("bob", { "no-route": 2, "too-short": 3 }) } },
    ]);

    const { bundles, drops } = await threads.status();
    await threads.stop();

    assert.deepEqual(
      bundles.map(({ name }) => name),
      ["alice", "bob"],
    );
    assert.deepEqual(drops, { "no-route": 3, "too-short": 3 });
  });

  it("tell together what was decided, and which schedulers they have", async () => {
    const answersOf = (name: string) => ({
      explain: { kind: "explanation", bundles: [{ name, links: [], decisions: [] }] },
      scheduler: {
        kind: "schedulers",
        schedulers: { bundles: [{ name, scheduler: "weighted", before: "weighted" }], newBundles: "weighted" },
      },
    });
    const { threads } = await start([
      { first: READY, answers: answersOf("alice") },
      { first: READY, answers: answersOf("bob") },
    ]);

    const explained = await threads.explain({});
    const schedulers = await threads.scheduler({});
    await threads.stop();

    assert.deepEqual(
      explained.map(({ name }) => name),
      ["alice", "bob"],
    );
    assert.deepEqual(
      schedulers?.bundles.map(({ name }) => name),
      ["alice", "bob"],
    );
    assert.equal(schedulers?.newBundles, "weighted");
    assert.equal(await threads.scheduler({}), undefined);
  });

  it("all get a command, and their events say which of them they are from", async () => {
    const { threads, events, untilEvents } = await start([{ first: READY }, { first: READY }, { first: READY }]);

    threads.tell("hello");
    await untilEvents(3);
    await threads.stop();

    assert.deepEqual(events.toSorted(), [
      ["hello", 0],
      ["hello", 1],
      ["hello", 2],
    ]);
  });

  it("do not run when one of them cannot start", async () => {
    await assert.rejects(start([{ first: READY }, { first: FAILED }]), { message: "listen: EADDRINUSE: stop it" });
  });
});

async function start(data: readonly Script[]) {
  const events: [string, number][] = [];
  let onEvent = (): void => undefined;
  const threads = await DataPlaneThreads.start<string, string>({
    module: new URL(`data:text/javascript,${encodeURIComponent(SOURCE)}`),
    data,
    onEvent: (event, thread) => {
      events.push([event, thread]);
      onEvent();
    },
    onFrames: () => undefined,
    onFailure: () => undefined,
  });
  const untilEvents = (count: number): Promise<void> =>
    new Promise((resolve) => {
      onEvent = () => {
        if (events.length >= count) resolve();
      };
      onEvent();
    });
  return { threads, events, untilEvents };
}
