import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { openInTurn, sharedState } from "../../server/worker-share.ts";
import { workerCount } from "../../server/workers.ts";
import { parseIpPrefix } from "../../shared/config/values/ip-address.ts";

const isRoot = process.getuid?.() === 0;
const WITHOUT_BPF = ["--bounding-set", "-bpf,-sys_admin"];

describe("The workers of a server", () => {
  it("are one for each two cores, at most eight, unless the operator says how many", () => {
    const byCores = [1, 2, 3, 4, 5, 8, 16, 17, 64].map((cores) => workerCount("auto", cores));

    assert.deepEqual(byCores, [1, 1, 1, 2, 2, 4, 8, 8, 8]);
    assert.deepEqual([workerCount(5, 1), workerCount(1, 64)], [5, 1]);
  });

  it("open what they open one after another, in their order, until one of them cannot", async () => {
    const state = sharedState({ ip4: prefixOf("10.44.43.1/24"), ip6: undefined }, 3);
    const order = new Int32Array(new SharedArrayBuffer(16));

    await Promise.all([2, 1, 0].map((number) => openInThread({ ...state, place: { number, count: 3 } }, order)));

    assert.deepEqual([...order], [3, 10, 11, 12]);
    const shareOf = (number: number) => ({ ...state, place: { number, count: 5 }, steering: undefined });
    assert.throws(() => openInTurn(shareOf(3), fail), { message: "no socket" });
    assert.throws(() => openInTurn(shareOf(4), () => 1), { message: "another worker could not start" });
  });

  it("are one where the kernel does not let a program steer packets, and the log says why", {
    skip: isRoot ? false : "needs root, to give up a capability",
  }, () => {
    const script = `
      import { openWorkers } from ${moduleText("../../server/workers.js")};
      import { parseServerConfig } from ${moduleText("../../server/server-config.js")};
      import { createLogger } from ${moduleText("../../shared/observe/log.js")};
      const config = parseServerConfig("[general]\\nmode = server\\npassword = x\\nworkers = 3\\n", "server.conf");
      const workers = openWorkers(config, 2, createLogger({ level: "info", format: "json" }));
      console.log(JSON.stringify(workers.shares.map(({ place, steering = null }) => ({ place, steering }))));
      workers.close();`;
    const node = [process.execPath, "--input-type=module", "--eval", script];

    const limited = spawnSync("setpriv", [...WITHOUT_BPF, ...node], { encoding: "utf8" });

    assert.match(limited.stderr, /"level":"warn".*EPERM: allow it with CAP_BPF.*one thread moves all packets/);
    assert.match(limited.stdout, /^\[\{"place":\{"number":0,"count":1\},"steering":null\}\]$/m);
  });
});

function fail(): never {
  throw new Error("no socket");
}

function moduleText(path: string): string {
  return JSON.stringify(new URL(path, import.meta.url).href);
}

/** A worker that notes its number, plus ten, at the next place of `order`. */
async function openInThread(share: object, order: Int32Array): Promise<void> {
  const source = `
    import { workerData } from "node:worker_threads";
    const { openInTurn } = await import(${moduleText("../../server/worker-share.js")});
    const { share, order } = workerData;
    openInTurn(share, () => {
      order[1 + order[0]] = 10 + share.place.number;
      order[0]++;
    });`;
  const module = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const worker = new Worker(module, { workerData: { share, order } });
  const code = await new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
  assert.equal(code, 0);
}

function prefixOf(text: string) {
  const prefix = parseIpPrefix(text);
  if (prefix === undefined) throw new Error(`no prefix: ${text}`);
  return prefix;
}
