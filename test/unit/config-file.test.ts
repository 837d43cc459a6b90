import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { loadClientConfig } from "../../client/client-config.ts";
import { loadServerConfig } from "../../server/server-config.ts";
import { ConfigError } from "../../shared/config/config-error.ts";

const CLIENT = '[general]\nmode = client\npassword = "hunter2"\nremotehost = vps.example.net\n[dsl1]\n';
const WITH_FILE = CLIENT.replace('password = "hunter2"', "password_file = secret.key");

let directory = "";
let count = 0;

before(() => {
  directory = mkdtempSync(join(tmpdir(), "hawser-config-"));
});

after(() => {
  rmSync(directory, { recursive: true });
});

describe("A configuration file with a password", () => {
  for (const mode of [0o600, 0o400, 0o700]) {
    it(`is read with mode ${mode.toString(8)}`, () => {
      assert.equal(loadClientConfig(file(CLIENT, mode)).secret.reveal(), "hunter2");
    });
  }

  for (const mode of [0o644, 0o640, 0o604]) {
    it(`is refused with mode ${mode.toString(8)}, in which others could read it`, () => {
      const path = file(CLIENT, mode);

      assert.deepEqual(
        problemsOf(() => loadClientConfig(path)),
        [`${path}: holds a secret and is readable by others (mode 0${mode.toString(8)}): run chmod 600 ${path}`],
      );
    });
  }

  it("is refused when others could write it", () => {
    const path = file(CLIENT, 0o620);

    assert.deepEqual(
      problemsOf(() => loadClientConfig(path)),
      [`${path}: holds a secret and is writable by others (mode 0620): run chmod 600 ${path}`],
    );
  });

  it("is refused when it belongs to somebody else", { skip: process.getuid?.() !== 0 && "needs root" }, () => {
    const path = file(CLIENT, 0o600);
    chownSync(path, 12345, 12345);

    assert.deepEqual(
      problemsOf(() => loadClientConfig(path)),
      [`${path}: holds a secret and belongs to user 12345, who could read and change it: run chown 0 ${path}`],
    );
  });

  it("is as secret when the password stands in a client's section of a server", () => {
    const path = file("[general]\nmode = server\n[client a]\npassword = hunter2\n", 0o644);

    assert.match(problemsOf(() => loadServerConfig(path))[0] ?? "", /readable by others/);
  });
});

describe("A password_file", () => {
  it("holds the secret in one line, and is found from the configuration's directory", () => {
    const path = file(WITH_FILE, 0o644);
    write("secret.key", "it is secret \n", 0o600);

    assert.equal(loadClientConfig(path).secret.reveal(), "it is secret ");
  });

  it("is refused when others could read it", () => {
    const path = file(WITH_FILE, 0o644);
    const key = write("secret.key", "hunter2\n", 0o644);

    assert.deepEqual(
      problemsOf(() => loadClientConfig(path)),
      [
        `${path}:3: [general] password_file = secret.key: ${key}: holds a secret and is readable by others (mode 0644): run chmod 600 ${key}`,
      ],
    );
  });

  for (const [name, text] of [
    ["empty", "\n"],
    ["of two lines", "a\nb\n"],
  ] as const) {
    it(`is refused when it is ${name}`, () => {
      const path = file(WITH_FILE, 0o644);
      const key = write("secret.key", text, 0o600);

      assert.deepEqual(
        problemsOf(() => loadClientConfig(path)),
        [`${path}:3: [general] password_file = secret.key: ${key}: expected one line: the secret`],
      );
    });
  }
});

describe("A file that is no configuration", () => {
  it("is refused when it is not there", () => {
    const path = join(directory, "nothing.conf");

    assert.deepEqual(
      problemsOf(() => loadClientConfig(path)),
      [`${path}: there is no such file`],
    );
  });

  it("is refused when it is a directory", () => {
    const path = join(directory, "directory.conf");
    mkdirSync(path);

    assert.deepEqual(
      problemsOf(() => loadClientConfig(path)),
      [`${path}: is a directory, not a file`],
    );
  });

  it("is refused when it is not UTF-8", () => {
    const path = write("latin.conf", Uint8Array.of(0x5b, 0xe9, 0x5d), 0o600);

    assert.deepEqual(
      problemsOf(() => loadClientConfig(path)),
      [`${path}: is not a text file in UTF-8`],
    );
  });

  it("is refused when it is empty", () => {
    const path = write("empty.conf", "", 0o600);

    assert.deepEqual(
      problemsOf(() => loadClientConfig(path)),
      [`${path}: there is no [general] section: begin the file with it`],
    );
  });
});

function file(text: string, mode: number): string {
  return write(`${++count}.conf`, text, mode);
}

function write(name: string, content: string | Uint8Array, mode: number): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
