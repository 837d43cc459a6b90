import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { requireSafeScript, StatusCommand } from "../../shared/runtime/status-command.ts";
import type { SystemError } from "../../shared/runtime/system-error.ts";

const ENVIRONMENT = { DEVICE: "hawser0", MTU: "1420", IP4: "10.44.43.2/24" };

describe("A status command", () => {
  let directory: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "hawser-status-"));
  });

  after(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  function script(name: string, body: string, mode = 0o755): string {
    const path = join(directory, name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, mode);
    return path;
  }

  function command(path: string, failures: SystemError[], timeLimitMs = 10_000): StatusCommand {
    return new StatusCommand({
      script: path,
      interfaceName: "hawser0",
      onFailure: (error) => failures.push(error),
      timeLimitMs,
    });
  }

  it("is called as SCRIPT IFNAME EVENT [LINK] with mlvpn's environment", async () => {
    const failures: SystemError[] = [];
    const out = join(directory, "out");
    const status = command(script("told", `echo "$@" "$IP4" "[$IP6]" "$DEVICE" "$MTU" >> ${out}`), failures);

    status.tell("rtun_up", ENVIRONMENT, "dsl1");
    status.tell("tuntap_up", ENVIRONMENT);
    await status.idle();

    assert.deepEqual(failures, []);
    assert.equal(
      readFileSync(out, "utf8"),
      "hawser0 rtun_up dsl1 10.44.43.2/24 [] hawser0 1420\nhawser0 tuntap_up 10.44.43.2/24 [] hawser0 1420\n",
    );
  });

  it("ends before the next one begins", async () => {
    const failures: SystemError[] = [];
    const [out, gate] = [join(directory, "order"), join(directory, "gate")];
    // Each call proves that the one before has left.
    const status = command(script("slow", `mkdir ${gate} || exit 9; echo $2 >> ${out}; rmdir ${gate}`), failures);

    for (const event of ["rtun_up", "tuntap_up", "rtun_down", "tuntap_down"] as const)
      status.tell(event, ENVIRONMENT);
    await status.idle();

    assert.deepEqual(failures, []);
    assert.equal(readFileSync(out, "utf8"), "rtun_up\ntuntap_up\nrtun_down\ntuntap_down\n");
  });

  it("is killed at its time limit with all that it started, and the next one is called", async () => {
    const failures: SystemError[] = [];
    const out = join(directory, "after");
    const path = script("hangs", `[ "$2" = rtun_up ] && { sleep 60 & wait; }; echo "$2" >> ${out}`);
    const status = command(path, failures, 200);

    status.tell("rtun_up", ENVIRONMENT);
    status.tell("rtun_down", ENVIRONMENT);
    await status.idle();

    assert.deepEqual(
      failures.map((failure) => failure.code),
      ["ETIMEDOUT"],
    );
    assert.equal(readFileSync(out, "utf8"), "rtun_down\n");
  });

  it("tells of its exit status when it fails", async () => {
    const failures: SystemError[] = [];
    const status = command(script("fails", "exit 3"), failures);

    status.tell("tuntap_down", ENVIRONMENT);
    await status.idle();

    assert.match(failures[0]?.message ?? "", /fails hawser0 tuntap_down: EXIT: exit status 3$/);
  });

  it("is refused when others could write to it", async () => {
    await assert.rejects(requireSafeScript(script("open", "true", 0o757)), /EACCES: chmod go-w/);
  });

  it("is refused when it cannot be executed, or is not there", async () => {
    await assert.rejects(requireSafeScript(script("plain", "true", 0o644)), /EACCES: chmod \+x/);
    await assert.rejects(requireSafeScript(join(directory, "nowhere")), /ENOENT/);
    await assert.rejects(requireSafeScript(directory), /it is not a file/);
  });
});
