import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parseClientConfig } from "../../client/client-config.ts";
import { checkCommand } from "../../shared/cli/check.ts";
import { describeClient } from "../../shared/cli/check-client.ts";
import { resolveHosts } from "../../shared/cli/resolve-hosts.ts";

const KEY = "PBj0IJdnVAmWRAJhKKLKjZzdhTVhRzLTnMEAhQ0hYbk=";
const GENERAL = `[general]\nmode = client\nname = alice\npassword = "${KEY}"\n`;
const RATES = 'bandwidth_upload = 1250000\nbandwidth_download = "50 Mbit/s"\n';

let directory = "";

before(() => {
  directory = mkdtempSync(join(tmpdir(), "hawser-check-"));
});

after(() => {
  rmSync(directory, { recursive: true });
});

describe("hawser check", () => {
  it("says what a client's file means, what would be done, and that nothing is doubtful", async () => {
    const path = file(`${GENERAL}remotehost = 127.0.0.9\ndefault_route = yes\n[a]\nbinddev = lo\n${RATES}`);

    const { exitCode, stdout } = await check(path);

    assert.equal(exitCode, 0);
    assert.equal(
      stdout,
      `${path}: client alice on interface hawser0
  mtu          auto, packets of up to 65535 bytes are put together
  cipher       auto
  times        keepalive 5 s, timeout auto, wait 300 ms
  status       /run/hawser/hawser0.sock
  addresses    from the server
  routes       everything through the tunnel
  dns          left alone
link a
  leaves by    device lo
  server       127.0.0.9 port 5080: 127.0.0.9
  upload       10 Mbit/s (1250000 bytes per second)
  download     50 Mbit/s (6250000 bytes per second)
  mtu          that of the device
would do:
  plan for alice
`,
    );
  });

  it("says what a server's file means", async () => {
    const path = file(`[general]
mode = server
password = "${KEY}"
nat_interface = lo
[client bob]
ip4 = 10.44.43.9
routes = 192.168.9.0/24
[client bob link dsl]
bandwidth_download = 1250000
`);

    const { exitCode, stdout } = await check(path);

    assert.equal(exitCode, 0);
    assert.equal(
      stdout,
      `${path}: server on interface hawser0
  listens on   :: port 5080
  mtu          auto, packets of up to 65535 bytes are put together
  cipher       auto
  times        keepalive 5 s, timeout auto, wait 300 ms
  status       /run/hawser/hawser0.sock
  addresses    10.44.43.1, clients from 10.44.43.0/24
  internet     NAT by lo, TCP segments kept within the MTU
  clients      whoever has the secret of [general], 1 has a section, at most 1000 at a time, not reaching each other
client bob
  secret       that of [general]
  addresses    10.44.43.9
  routes       192.168.9.0/24
link dsl of bob
  download     10 Mbit/s (1250000 bytes per second)
  upload       as the client says
would do:
  plan for hawser0
`,
    );
  });

  it("doubts a weak password, a missing rate, route, device, address and program", async () => {
    const path = file(`${GENERAL.replace(KEY, "hunter2")}remotehost = ::1
statuscommand = /nowhere/up.sh
[a]
binddev = nowhere0
[b]
bindhost = 2001:db8::7
`);

    const { exitCode, stdout } = await check(path);

    assert.equal(exitCode, 0);
    assert.deepEqual(
      stdout.split("\n").filter((line) => line.startsWith("warning: ")),
      [
        "warning: [general] password is not a key of `hawser genkey`: whoever records the traffic can try to guess it",
        "warning: [general] statuscommand: /nowhere/up.sh is not there or may not be run",
        "warning: [general] has neither default_route = yes nor routes: only the server itself is reached",
        "warning: [a] binddev: there is no device nowhere0 now",
        "warning: [a] has no bandwidth_upload and no bandwidth_download: its traffic is not shaped to the line",
        "warning: [b] bindhost: no device has the address 2001:db8::7 now",
        "warning: [b] has no bandwidth_upload and no bandwidth_download: its traffic is not shaped to the line",
      ],
    );
    assert.doesNotMatch(stdout, /hunter2/);
  });

  it("is content with no file whose server cannot be found, or not from the link's address", () => {
    const config = parseClientConfig(
      `${GENERAL}remotehost = six.example\n[a]\nbindhost = 192.0.2.1\n[b]\nremotehost = no.example\n`,
      "x.conf",
    );

    const { lines, isUsable } = describeClient(
      config,
      new Map([
        ["six.example", { kind: "found", addresses: ["2001:db8::1"] }],
        ["no.example", { kind: "failed", reason: "there is no host of this name" }],
      ]),
    );

    assert.equal(isUsable, false);
    assert.deepEqual(
      lines.filter((line) => line.startsWith("  server ")),
      [
        "  server       six.example port 5080: has no IPv4 address, as bindhost would need",
        "  server       no.example port 5080: cannot be found: there is no host of this name",
      ],
    );
  });
});

describe("Looking up hosts", () => {
  it("gives an address for itself and for localhost, each name once", async () => {
    const found = await resolveHosts(["127.0.0.9", "localhost", "localhost"]);

    assert.deepEqual([...found.keys()], ["127.0.0.9", "localhost"]);
    assert.deepEqual(found.get("127.0.0.9"), { kind: "found", addresses: ["127.0.0.9"] });
    assert.equal(found.get("localhost")?.kind, "found");
  });
});

function file(text: string): string {
  const path = join(directory, "x.conf");
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

async function check(path: string) {
  let stdout = "";
  const command = checkCommand({
    planClient: async ({ name }) => [`plan for ${name}`],
    planServer: async ({ interfaceName }) => [`plan for ${interfaceName}`],
  });
  const exitCode = await command.run([path], {
    stdout: (text) => {
      stdout += text;
    },
    stderr: assert.fail,
    signal: new AbortController().signal,
  });
  return { exitCode, stdout };
}
