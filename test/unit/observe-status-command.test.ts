import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { STATUS } from "../../shared/cli/status.ts";
import { controlSocketPath } from "../../shared/observe/control-path.ts";
import { ControlServer } from "../../shared/observe/control-socket.ts";
import type { StatusSnapshot } from "../../shared/observe/status-snapshot.ts";
import { NO_SCHEDULERS, NOTHING_DECIDED } from "../support/status-facts.ts";

const SNAPSHOT: StatusSnapshot = {
  version: "0.1.0",
  role: "client",
  interfaceName: "hawser0",
  uptimeMs: 61_000,
  bundles: [],
  drops: {},
};

const HANDLERS = { explain: () => NOTHING_DECIDED, scheduler: () => NO_SCHEDULERS, capture: () => {} };

let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawser-status-"));
  process.env["HAWSER_RUN_DIRECTORY"] = join(folder, "run");
});

after(async () => {
  await rm(folder, { recursive: true });
});

describe("hawser status", () => {
  it("says that no daemon is running", async () => {
    await assert.rejects(status([]), { name: "SystemError", message: /no daemon is running/ });
    await assert.rejects(status(["hawser7"]), {
      name: "SystemError",
      message: /hawser7\.sock.*no daemon is running/,
    });
  });

  it("shows the only daemon there is", async () => {
    const server = await listen("hawser0");

    const { code, text } = await status([]);

    await server.close();
    assert.equal(code, 0);
    assert.equal(text, "interface hawser0: client, up 1 min 1 s, hawser 0.1.0\n\nno bundle yet\n");
  });

  it("prints the whole snapshot as JSON", async () => {
    const server = await listen("hawser0");

    const { text } = await status(["--json"]);

    await server.close();
    assert.deepEqual(JSON.parse(text), SNAPSHOT);
  });

  it("asks for a name when there are several daemons", async () => {
    const servers = await Promise.all([listen("hawser0"), listen("hawser1")]);

    await assert.rejects(status([]), { name: "UsageError", message: /hawser0, hawser1/ });
    const { text } = await status(["hawser1"]);

    await Promise.all(servers.map((server) => server.close()));
    assert.match(text, /^interface hawser1:/);
  });

  it("asks the daemon at the path of its control socket", async () => {
    const path = join(folder, "elsewhere.sock");
    const server = await ControlServer.listen(path, { ...HANDLERS, status: () => SNAPSHOT });

    const { text } = await status([path]);

    await server.close();
    assert.match(text, /^interface hawser0:/);
  });

  it("prints again and again until it is interrupted", async () => {
    const stop = new AbortController();
    const server = await listen("hawser0", () => stop.abort());

    const { code, text } = await status(["--watch"], stop.signal);

    await server.close();
    assert.equal(code, 0);
    assert.match(text, /^interface hawser0:/);
  });

  it("refuses wrong arguments", async () => {
    await assert.rejects(status(["--jsn"]), { name: "UsageError" });
    await assert.rejects(status(["hawser0", "hawser1"]), { name: "UsageError" });
  });
});

async function listen(interfaceName: string, onAsked = () => {}): Promise<ControlServer> {
  const answer = (): StatusSnapshot => {
    onAsked();
    return { ...SNAPSHOT, interfaceName };
  };
  return await ControlServer.listen(controlSocketPath(interfaceName), { ...HANDLERS, status: answer });
}

async function status(args: readonly string[], signal = new AbortController().signal) {
  let text = "";
  const stdout = (piece: string): void => {
    text += piece;
  };
  const code = await STATUS.run(args, { stdout, stderr: () => {}, signal });
  return { code, text };
}
