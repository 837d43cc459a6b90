import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ROOT } from "../support/checkout.ts";

const MAIN = join(ROOT, "dist/shared/cli/main.js");
const CLIENT = "[general]\nmode = client\nremotehost = 198.51.100.7\npassword = hunter2\n[dsl1]\nbinddev = eth1\n";

let directory = "";

before(() => {
  directory = mkdtempSync(join(tmpdir(), "hawser-cli-"));
});

after(() => {
  rmSync(directory, { recursive: true });
});

describe("hawser", () => {
  it("without a command shows its help on standard error and fails as wrongly used", () => {
    const { status, stdout, stderr } = hawser();

    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /^Usage: hawser COMMAND/);
  });

  for (const option of ["--help", "-h", "help"]) {
    it(`${option} lists every command`, () => {
      const { status, stdout, stderr } = hawser(option);

      assert.deepEqual([status, stderr], [0, ""]);
      for (const name of [
        "client",
        "server",
        "genkey",
        "check",
        "status",
        "explain",
        "scheduler",
        "capture",
        "help",
      ]) {
        assert.match(stdout, new RegExp(`^  ${name} +\\S`, "m"));
      }
    });
  }

  for (const name of ["client", "server", "genkey", "check", "status", "explain", "scheduler", "capture"]) {
    it(`explains ${name} by \`help ${name}\` and by \`${name} --help\``, () => {
      const byHelp = hawser("help", name);
      const byOption = hawser(name, "--help");

      assert.deepEqual([byHelp.status, byOption.status], [0, 0]);
      assert.ok(byHelp.stdout.startsWith(`Usage: hawser ${name}`), byHelp.stdout);
      assert.equal(byHelp.stdout, byOption.stdout);
    });
  }

  it("--version shows the version of package.json", () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

    assert.deepEqual(hawser("--version"), { status: 0, stdout: `hawser ${version}\n`, stderr: "" });
  });

  const misuses: readonly (readonly [readonly string[], string])[] = [
    [["stauts"], 'unknown command "stauts", did you mean "status"? see "hawser help"'],
    [["bond"], 'unknown command "bond": see "hawser help"'],
    [["--verson"], 'unknown option "--verson", did you mean "--version"? see "hawser help"'],
    [["help", "chekc"], 'unknown command "chekc", did you mean "check"? see "hawser help"'],
    [["check"], 'which FILE is to be checked? see "hawser help check"'],
    [["check", "a", "b"], 'unexpected argument "b": one FILE at a time: see "hawser help check"'],
    [["genkey", "now"], 'unexpected argument "now": genkey takes none: see "hawser help genkey"'],
    [
      ["scheduler", "weigthed"],
      'unknown scheduler "weigthed": there are earliest-arrival, weighted, redundant, failover, did you mean "weighted"? see "hawser help scheduler"',
    ],
    [["client", "--dryrun"], 'unknown option "--dryrun", did you mean "--dry-run"? see "hawser help client"'],
    [["client", "a.conf"], 'unexpected argument "a.conf": the file is given as -c FILE: see "hawser help client"'],
    [["server", "--log-level", "louder"], 'unknown log level "louder": see "hawser help server"'],
    [["server", "--log-level", "inof"], 'unknown log level "inof", did you mean "info"? see "hawser help server"'],
    [["client", "-c", "/nowhere/client.conf"], "/nowhere/client.conf: there is no such file"],
    [["server", "-c", "/nowhere/server.conf"], "/nowhere/server.conf: there is no such file"],
    [["check", "/nowhere/client.conf"], "/nowhere/client.conf: there is no such file"],
  ];
  for (const [args, message] of misuses) {
    it(`${args.join(" ")} fails with one clear line and exit code 2`, () => {
      assert.deepEqual(hawser(...args), { status: 2, stdout: "", stderr: `hawser: ${message}\n` });
    });
  }

  it("names an option that lacks its value", () => {
    const { status, stderr } = hawser("client", "-c");

    assert.equal(status, 2);
    assert.match(stderr, /^hawser: .*--config.*argument missing: see "hawser help client"\n$/);
  });

  it("shows a stack only when HAWSER_DEBUG is 1", () => {
    assert.doesNotMatch(hawser("bond").stderr, / {4}at /);
    assert.match(hawserWith({ HAWSER_DEBUG: "1" }, "bond").stderr, /^hawser: {5}at /m);
  });
});

describe("hawser genkey", () => {
  it("prints 32 bytes in base64, others each time", () => {
    const first = hawser("genkey");
    const second = hawser("genkey");

    assert.deepEqual([first.status, first.stderr], [0, ""]);
    assert.match(first.stdout, /^[A-Za-z0-9+/]{43}=\n$/);
    assert.equal(Buffer.from(first.stdout, "base64").length, 32);
    assert.notEqual(first.stdout, second.stdout);
  });

  it("warns when the key goes into a file that others may read", () => {
    const path = join(directory, "key");
    const output = openSync(path, "w", 0o644);

    const { status, stderr } = spawnSync(process.execPath, [MAIN, "genkey"], { stdio: ["ignore", output, "pipe"] });
    closeSync(output);

    assert.equal(status, 0);
    assert.match(String(stderr), /^hawser: warning: .*others may read/);
  });
});

describe("A wrong configuration", () => {
  for (const command of [["client", "-c"], ["check"]]) {
    it(`makes \`hawser ${command[0]}\` print every mistake and exit with 2`, () => {
      const path = file(`${CLIENT}bandwith_upload = 5\nmtu = x\n`, 0o600);

      const { status, stdout, stderr } = hawser(...command, path);

      assert.deepEqual([status, stdout], [2, ""]);
      assert.equal(
        stderr,
        `hawser: ${path}:7: [dsl1]: unknown key "bandwith_upload", did you mean "bandwidth_upload"?\n` +
          `hawser: ${path}:8: [dsl1] mtu = x: expected bytes from 576 to 65535\n`,
      );
    });

    it(`makes \`hawser ${command[0]}\` refuse a password that others can read`, () => {
      const path = file(CLIENT, 0o644);

      const { status, stderr } = hawser(...command, path);

      assert.equal(status, 2);
      assert.equal(
        stderr,
        `hawser: ${path}: holds a secret and is readable by others (mode 0644): run chmod 600 ${path}\n`,
      );
    });
  }

  it("is that of the other daemon", () => {
    const path = file(CLIENT, 0o600);

    const { status, stderr } = hawser("server", "-c", path);

    assert.equal(status, 2);
    assert.equal(stderr, `hawser: ${path}:2: [general] mode = client: this is a file for \`hawser client\`\n`);
  });

  it("has no mode, so that `hawser check` cannot tell whose it is", () => {
    const path = file(CLIENT.replace("mode = client\n", ""), 0o600);

    const { status, stderr } = hawser("check", path);

    assert.equal(status, 2);
    assert.match(stderr, /\[general\] mode: expected "client" or "server"/);
  });
});

function file(text: string, mode: number): string {
  const path = join(directory, "x.conf");
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function hawser(...args: readonly string[]) {
  return hawserWith({}, ...args);
}

function hawserWith(environment: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  return { status, stdout, stderr };
}
