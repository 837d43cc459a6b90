import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";

const { EIO, ENOBUFS, ECONNREFUSED, EPERM, EINTR, EBADF } = constants.errno;
// From dist/test to the source, which the compiler does not copy.
const SOURCE = new URL("../../test/failing-calls.c", import.meta.url).pathname;
const ALL = { taken: 100, isInOrder: true, received: 100, drops: {} };

const folder = mkdtempSync(join(tmpdir(), "dgram-native-"));
after(() => rmSync(folder, { recursive: true }));
const library = join(folder, "failing-calls.so");
const compiled = spawnSync("cc", ["-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library, SOURCE, "-ldl"]);
const options = { skip: compiled.status === 0 ? false : "needs a C compiler" };

describe("A socket whose system calls fail", options, () => {
  it("goes on without segmentation when a device refuses it (EIO)", () => {
    const result = run({ SEND_ERRNO: EIO });

    assert.deepEqual(result, { ...ALL, backlog: 0, segmentation: false, runs: 0, blocked: 0, receiveErrors: 0 });
  });

  it("keeps all for later when the kernel is out of buffers (ENOBUFS)", () => {
    const result = run({ SEND_ERRNO: ENOBUFS, FAILURES: 1 });

    assert.deepEqual(result, { ...ALL, backlog: 100, segmentation: true, runs: 2, blocked: 1, receiveErrors: 0 });
  });

  it("sends again what an error of an earlier datagram stopped (ECONNREFUSED)", () => {
    const result = run({ SEND_ERRNO: ECONNREFUSED, FAILURES: 1 });

    assert.deepEqual(result, { ...ALL, backlog: 0, segmentation: true, runs: 2, blocked: 0, receiveErrors: 0 });
  });

  it("drops and counts the run that may not be sent, and sends the next (EPERM)", () => {
    const result = run({ SEND_ERRNO: EPERM, FAILURES: 1 });

    assert.deepEqual(result["drops"], { EPERM: 64 });
    assert.equal(result["received"], 36);
  });

  it("is not disturbed by signals (EINTR)", () => {
    const result = run({ SEND_ERRNO: EINTR, RECEIVE_ERRNO: EINTR, FAILURES: 5 });

    assert.deepEqual(result, { ...ALL, backlog: 0, segmentation: true, runs: 2, blocked: 0, receiveErrors: 0 });
  });

  it("receives on after errors of earlier datagrams (ECONNREFUSED)", () => {
    const result = run({ RECEIVE_ERRNO: ECONNREFUSED, FAILURES: 15 });

    assert.deepEqual(result, { ...ALL, backlog: 0, segmentation: true, runs: 2, blocked: 0, receiveErrors: 15 });
  });

  it("throws when the socket is of no use any more (EBADF)", () => {
    assert.throws(() => run({ RECEIVE_ERRNO: EBADF, FAILURES: 1 }), /receive: EBADF/);
  });
});

type Outcome = Readonly<Record<string, unknown>>;

function run(environment: Readonly<Record<string, number>>): Outcome {
  const preload = [process.env["LD_PRELOAD"], library].filter((path) => path !== undefined).join(" ");
  const variables = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]));
  const script = new URL("./failing-calls.js", import.meta.url).pathname;
  const result = spawnSync(process.execPath, [script], {
    encoding: "utf8",
    timeout: 60_000,
    env: { ...process.env, ...variables, LD_PRELOAD: preload },
  });
  if (result.status !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout);
}
