import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CAPTURE } from "../../shared/cli/capture.ts";
import type { CaptureSink } from "../../shared/observe/capture-sink.ts";
import { controlSocketPath } from "../../shared/observe/control-path.ts";
import { ControlServer } from "../../shared/observe/control-socket.ts";
import { BLOCK_TYPES } from "../../shared/observe/pcap.ts";
import { PcapBlocks } from "../../shared/observe/pcap-blocks.ts";

let folder = "";
let file = "";
let server: ControlServer;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawser-capture-"));
  process.env["HAWSER_RUN_DIRECTORY"] = folder;
});

after(async () => {
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  file = join(folder, "x.pcapng");
  server = await listen(sendFrames);
});

afterEach(async () => {
  await server.close();
  await rm(file, { force: true });
});

describe("hawser capture", () => {
  it("writes as many frames as it was told to into a file for its owner only", async () => {
    const { code, errors } = await capture(["hawser0", "-w", file, "--count", "5"]);

    assert.equal(code, 0);
    assert.equal(errors, "5 frames captured, 0 dropped\n");
    assert.equal(packets(await readFile(file)), 5);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  it("takes the readability from a file that was there", async () => {
    await writeFile(file, "old", { mode: 0o644 });

    await capture(["-w", file, "--count", "1"]);

    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal(packets(await readFile(file)), 1);
  });

  it("passes link and direction on to the daemon", async () => {
    const { errors } = await capture(["-w", file, "--link", "lte", "--direction", "received", "--count", "3"]);

    assert.equal(errors, "3 frames captured, 0 dropped\n");
    assert.doesNotMatch((await readFile(file)).toString("latin1"), /dsl1/);
  });

  it("stops when it is interrupted, and leaves a whole file", async () => {
    const stop = new AbortController();
    await server.close();
    server = await listen((sink) => {
      sendFrame(sink, "dsl1");
      stop.abort();
    });

    const { code, errors } = await capture(["-w", file], stop.signal);

    assert.equal(code, 0);
    assert.equal(errors, "1 frame captured, 0 dropped\n");
    const blocks = new PcapBlocks().push(await readFile(file));
    assert.equal(blocks.at(-1)?.type, BLOCK_TYPES.statistics);
  });

  it("ends when the daemon does", async () => {
    await server.close();
    server = await listen((sink) => {
      sendFrame(sink, "dsl1");
      setImmediate(() => void server.close());
    });

    const { errors } = await capture(["-w", file]);

    assert.equal(errors, "1 frame captured, 0 dropped\n");
  });

  it("writes to standard output when it is no terminal", async () => {
    const { stdout, stderr } = await captureInProcess(["--count", "4"]);

    assert.equal(packets(stdout), 4);
    assert.equal(stderr.toString(), "4 frames captured, 0 dropped\n");
  });

  it("says why the daemon refused", async () => {
    await server.close();
    server = await listen(() => {
      throw new Error("captures are off");
    });

    await assert.rejects(capture(["-w", file]), { name: "SystemError", message: /captures are off/ });
  });

  it("says that no daemon is running and leaves no file", async () => {
    await server.close();

    await assert.rejects(capture(["-w", file]), { name: "SystemError", message: /no daemon is running/ });
    await assert.rejects(stat(file), { code: "ENOENT" });
  });

  it("says which file it cannot write", async () => {
    const path = join(folder, "missing", "x.pcapng");

    await assert.rejects(capture(["-w", path]), { name: "SystemError", code: "ENOENT", operation: `write ${path}` });
  });

  it("refuses wrong arguments", async () => {
    const wrong = [
      ["--count", "0"],
      ["--count", "many"],
      ["--direction", "up"],
      ["--colour"],
      ["hawser0", "hawser1"],
    ];

    for (const args of wrong) await assert.rejects(capture(["-w", file, ...args]), { name: "UsageError" });
  });
});

async function listen(onCapture: (sink: CaptureSink) => void): Promise<ControlServer> {
  const handlers = {
    status: () => Promise.reject(new Error("not asked here")),
    explain: () => Promise.reject(new Error("not asked here")),
    scheduler: () => Promise.reject(new Error("not asked here")),
    capture: onCapture,
  };
  return await ControlServer.listen(controlSocketPath("hawser0"), handlers);
}

function sendFrames(sink: CaptureSink): void {
  for (let count = 0; count < 20; count++) sendFrame(sink, count % 2 === 0 ? "dsl1" : "lte");
}

function sendFrame(sink: CaptureSink, linkName: string): void {
  for (const direction of ["sent", "received"] as const) {
    if (linkName === "dsl1" && direction === "received") continue;
    sink.write({ timeMs: Date.now(), linkName, direction, bytes: Uint8Array.of(0xc0, 0x21, 9, 1, 0, 8, 0, 0, 0, 0) });
  }
}

async function capture(args: readonly string[], signal = new AbortController().signal) {
  let errors = "";
  const stderr = (text: string): void => {
    errors += text;
  };
  const code = await CAPTURE.run(args, { stdout: () => {}, stderr, signal });
  return { code, errors };
}

async function captureInProcess(args: readonly string[]): Promise<{ stdout: Buffer; stderr: Buffer }> {
  const module = fileURLToPath(new URL("../../shared/cli/capture.js", import.meta.url));
  const script = `import { CAPTURE } from ${JSON.stringify(module)};
    const io = { stdout: () => {}, stderr: (text) => process.stderr.write(text), signal: new AbortController().signal };
    process.exitCode = await CAPTURE.run(${JSON.stringify(args)}, io);`;
  const node = ["--input-type=module", "-e", script];
  return await promisify(execFile)(process.execPath, node, { encoding: "buffer" });
}

function packets(bytes: Uint8Array): number {
  return new PcapBlocks().push(bytes).filter(({ type }) => type === BLOCK_TYPES.packet).length;
}
