import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { openCapture, requestStatus } from "../../shared/observe/control-client.ts";
import { controlSocketPath, listInterfaces, runDirectory } from "../../shared/observe/control-path.ts";
import { type ControlHandlers, ControlServer } from "../../shared/observe/control-socket.ts";
import type { StatusSnapshot } from "../../shared/observe/status-snapshot.ts";
import { NO_SCHEDULERS, NOTHING_DECIDED } from "../support/status-facts.ts";

const SNAPSHOT: StatusSnapshot = {
  version: "0.1.0",
  role: "server",
  interfaceName: "hawser0",
  uptimeMs: 1000,
  bundles: [],
  drops: { "unknown-key": 2 },
};
const HANDLERS: ControlHandlers = {
  status: () => SNAPSHOT,
  explain: () => NOTHING_DECIDED,
  scheduler: () => NO_SCHEDULERS,
  capture: () => {},
};

let folder = "";
let path = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawser-control-"));
  path = controlSocketPath("hawser0", join(folder, "run"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("A control server", () => {
  it("answers the status, from memory or later", async () => {
    const server = await ControlServer.listen(path, { ...HANDLERS, status: () => Promise.resolve(SNAPSHOT) });

    const snapshot = await requestStatus(path);

    await server.close();
    assert.deepEqual(snapshot, SNAPSHOT);
  });

  it("makes its directory and socket for its owner only", async () => {
    const server = await ControlServer.listen(path, HANDLERS);

    const [directory, socket] = await Promise.all([stat(join(folder, "run")), stat(path)]);

    await server.close();
    assert.equal(directory.mode & 0o777, 0o700);
    assert.equal(socket.mode & 0o777, 0o600);
  });

  it("removes its socket when it stops", async () => {
    const server = await ControlServer.listen(path, HANDLERS);

    await server.close();

    await assert.rejects(stat(path), { code: "ENOENT" });
  });

  it("refuses to take the place of a living one", async () => {
    const server = await ControlServer.listen(path, HANDLERS);

    await assert.rejects(ControlServer.listen(path, HANDLERS), {
      name: "SystemError",
      code: "EADDRINUSE",
      message: /already running/,
    });

    assert.deepEqual(await requestStatus(path), SNAPSHOT);
    await server.close();
  });

  it("replaces the socket of a daemon that was killed", async () => {
    await leaveStaleSocket(join(folder, "stale.sock"));

    const server = await ControlServer.listen(join(folder, "stale.sock"), HANDLERS);

    assert.deepEqual(await requestStatus(join(folder, "stale.sock")), SNAPSHOT);
    await server.close();
  });

  it("never removes a file that is no socket", async () => {
    await writeFile(join(folder, "notes"), "mine");

    await assert.rejects(ControlServer.listen(join(folder, "notes"), HANDLERS), { code: "EADDRINUSE" });

    assert.equal((await stat(join(folder, "notes"))).size, 4);
  });

  it("says what is wrong with a request that it does not know", async () => {
    const server = await ControlServer.listen(path, HANDLERS);

    const answers = await Promise.all([
      ask(path, '{"request":"reboot"}\n'),
      ask(path, '{"request":"capture","count":0}\n'),
      ask(path, '{"request":"status","verbose":true}\n'),
      ask(path, '{"request":"scheduler","to":"fastest"}\n'),
      ask(path, '{"request":"scheduler","bundle":7}\n'),
      ask(path, "status\n"),
      ask(path, "x".repeat(100_000)),
    ]);

    await server.close();
    for (const answer of answers) assert.match(answer, /^\{"error":".+"\}\n$/);
  });

  it("tells the client what a handler throws", async () => {
    const status = (): never => {
      throw new Error("the data plane is gone");
    };
    const server = await ControlServer.listen(path, { ...HANDLERS, status });

    await assert.rejects(requestStatus(path), { name: "SystemError", message: /the data plane is gone/ });

    await server.close();
  });

  it("serves many clients at once", async () => {
    const server = await ControlServer.listen(path, HANDLERS);

    const answers = await Promise.all(Array.from({ length: 50 }, () => requestStatus(path)));

    await server.close();
    assert.equal(answers.length, 50);
  });

  it("tells a capture's source that the reader hung up", async () => {
    const { promise, resolve } = withResolvers<AbortSignal>();
    const server = await ControlServer.listen(path, { ...HANDLERS, capture: (_, signal) => resolve(signal) });
    const client = await openCapture(path, {});
    const signal = await promise;

    assert.equal(signal.aborted, false);
    client.destroy();
    await once(signal, "abort");

    await server.close();
  });

  it("ends the captures when it stops", async () => {
    const { promise, resolve } = withResolvers<AbortSignal>();
    const server = await ControlServer.listen(path, { ...HANDLERS, capture: (_, signal) => resolve(signal) });
    const client = await openCapture(path, {});
    const signal = await promise;
    const received = readAll(client);

    await server.close();

    assert.equal(signal.aborted, true);
    assert.equal((await received).readUInt32LE(0), 0x0a0d0d0a);
  });
});

describe("A status request", () => {
  it("says that no daemon is running", async () => {
    await assert.rejects(requestStatus(path), {
      name: "SystemError",
      code: "ENOENT",
      message: /no daemon is running/,
    });
  });

  it("says that the daemon died", async () => {
    await leaveStaleSocket(join(folder, "stale.sock"));

    await assert.rejects(requestStatus(join(folder, "stale.sock")), { code: "ECONNREFUSED", message: /has died/ });
  });

  it("refuses an answer of another version", async () => {
    const { uptimeMs: _, ...older } = SNAPSHOT;
    const server = await ControlServer.listen(path, { ...HANDLERS, status: () => JSON.parse(JSON.stringify(older)) });

    await assert.rejects(requestStatus(path), { code: "EPROTO", message: /another version/ });

    await server.close();
  });
});

describe("The run directory", () => {
  it("lists the interfaces that have a socket", async () => {
    await writeFile(join(folder, "hawser1.sock"), "");
    await writeFile(join(folder, "hawser0.sock"), "");
    await writeFile(join(folder, "state.json"), "");

    assert.deepEqual(await listInterfaces(folder), ["hawser0", "hawser1"]);
  });

  it("is /run/hawser unless the environment says otherwise", () => {
    assert.equal(runDirectory({}), "/run/hawser");
    assert.equal(runDirectory({ HAWSER_RUN_DIRECTORY: "/tmp/lab" }), "/tmp/lab");
  });
});

async function ask(socketPath: string, request: string): Promise<string> {
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  socket.write(request);
  return (await readAll(socket)).toString();
}

async function readAll(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Leaves the socket of a process that was killed. */
async function leaveStaleSocket(socketPath: string): Promise<void> {
  const script = `require("node:net").createServer().listen(${JSON.stringify(socketPath)}, () => console.log("ready"))`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
