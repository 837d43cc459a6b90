import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parseClientConfig } from "../../client/client-config.ts";
import { checkCommand } from "../../shared/cli/check.ts";
import { describeClient } from "../../shared/cli/check-client.ts";
import { resolveHosts } from "../../shared/cli/resolve-hosts.ts";
import { missingTcpdump } from "../support/tcpdump.ts";

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
  sending      earliest-arrival, retransmit auto, redundancy auto
  cipher       auto
  times        keepalive 5 s, timeout auto, wait 1 s
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
  sending      earliest-arrival, retransmit auto, redundancy auto
  cipher       auto
  times        keepalive 5 s, timeout auto, wait 1 s
  status       /run/hawser/hawser0.sock
  addresses    10.44.43.1, clients from 10.44.43.0/24
  internet     NAT by lo, TCP segments kept within the MTU
  clients      whoever has the secret of [general], 1 has a section, at most 1000 at a time, not reaching each other
client bob
  secret       that of [general]
  addresses    10.44.43.9
  routes       192.168.9.0/24
link dsl of bob
  download     10 Mbit/s (1250000 bytes per second), or less if the client says so
  upload       as the client says
would do:
  plan for hawser0
`,
    );
  });

  it("says how a client's lines are to be used", () => {
    const text = `${GENERAL}scheduler = weighted
retransmit = no
remotehost = 127.0.0.9
[a]
binddev = lo
overhead = atm
loss_tolerance = 2.5
latency_tolerance = 300
quota = "50 GB"
quota_reset = 15
[b]
bandwidth_download = "2 - 30 Mbit/s"
priority = 2
fallback_only = yes
overhead = ethernet
quota = "100 MB"
quota_action = throttle
[c]
enabled = no
[filters]
b = "udp port 5060"
c = icmp
`;

    const { lines, warnings } = describeClient(parseClientConfig(text, "x.conf"), new Map());

    const shown = /^ {2}(sending|filter|upload|download|overhead|use|quota) /;
    assert.deepEqual(
      lines.filter((line) => shown.test(line)),
      [
        "  sending      weighted, retransmit no, redundancy auto",
        "  filter       b: udp port 5060",
        "  filter       c: icmp (this link is not enabled)",
        "  upload       found in use",
        "  download     found in use",
        "  overhead     40 bytes a packet, in ATM cells",
        "  use          spared above 2.5 % loss, spared above 300 ms",
        "  quota        50 GB a month from day 15, then only while no other link is up",
        "  upload       found in use",
        "  download     2 Mbit/s - 30 Mbit/s, found in use",
        "  overhead     38 bytes a packet, and at least 84 in all",
        "  use          priority 2, only while no other link is up",
        "  quota        100 MB a month from day 1, then at most 64 kbit/s",
      ],
    );
    assert.deepEqual(
      warnings.filter((warning) => warning.includes("fallback")),
      [],
    );
  });

  it("doubts that every link is for fallback only", () => {
    const text = `${GENERAL}remotehost = a\n[a]\nbinddev = lo\nfallback_only = yes\n`;

    const { warnings } = describeClient(parseClientConfig(text, "x.conf"), new Map());

    assert.ok(warnings.includes("every link is fallback_only, so none is one"));
  });

  it("refuses a filter that libpcap refuses, with its line", { skip: missingTcpdump() }, async () => {
    const path = file(`${GENERAL}remotehost = 127.0.0.9\n[a]\nbinddev = lo\n[filters]\na = udp prot 5\n`);

    await assert.rejects(check(path), {
      name: "ConfigError",
      message: /^.*x\.conf:9: \[filters\] a = udp prot 5: .*: expected a pcap expression, see pcap-filter\(7\)$/,
    });
  });

  it("doubts a weak password, a missing route, device, address and program", async () => {
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
        "warning: [b] bindhost: no device has the address 2001:db8::7 now",
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
