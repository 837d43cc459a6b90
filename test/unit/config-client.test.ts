import assert from "node:assert/strict";
import { hostname } from "node:os";
import { describe, it } from "node:test";
import { type ClientConfig, parseClientConfig } from "../../client/client-config.ts";
import { LINE_KINDS } from "../../shared/protocol/link/line-overhead.ts";
import { PLAIN_LINE } from "../../shared/protocol/session/line-terms.ts";

const GENERAL = '[general]\nmode = client\npassword = "hunter2"\nremotehost = vps.example.net\n';
const LINK = "[dsl1]\nbinddev = eth1\n";

describe("A client's configuration", () => {
  it("is complete with a password, a server and a link", () => {
    const { secret, ...config } = parse(GENERAL + LINK);

    assert.equal(secret.reveal(), "hunter2");
    assert.deepEqual(config, {
      ...{ role: "client", file: "client.conf", name: hostname(), interfaceName: "hawser0" },
      ...{
        mtu: "auto",
        mrru: 65535,
        cipher: "auto",
        keepalive: 5000,
        timeout: "auto",
        reorderWait: 1000,
        offload: true,
        nice: -10,
      },
      ...{ statusCommand: undefined, controlSocket: "/run/hawser/hawser0.sock", logLevel: "info", logFormat: "auto" },
      ...{ defaultRoute: false, routes: [], dns: { kind: "none" }, ip4: undefined, ip6: undefined },
      ...{ scheduler: "earliest-arrival", retransmit: "auto", redundancy: "auto", filters: [] },
      links: [
        {
          ...{ name: "dsl1", bindDevice: "eth1", bindHost: undefined, bindPort: undefined, gateway: undefined },
          ...{ table: undefined, fwmark: undefined, remoteHost: "vps.example.net", remotePort: 5080 },
          ...{
            upload: { kind: "auto" },
            download: { kind: "auto" },
            line: PLAIN_LINE,
            quota: undefined,
            mtu: undefined,
          },
        },
      ],
    });
  });

  it("is read as the file says", () => {
    const config = parse(`[general]
mode = "client"
name = "alice"
password = 'it is a "secret"'
remotehost = "198.51.100.7"
remoteport = 5081
interface_name = bond0
default_route = yes
routes = "10.0.0.0/8, fd00::/8"
dns = "9.9.9.9 2620:fe::fe"
ip4 = "10.44.43.2/24"
mtu = 1500
timeout = "800 ms"
[dsl1]
bindhost = 192.168.8.100
bindport = 4000
gateway = 192.168.8.1
bandwidth_upload = 1250000
bandwidth_download = "50 Mbit/s"
[lte]
table = 100
fwmark = 0x64
remotehost = 203.0.113.9
remoteport = 443
mtu = 1428
`);

    assert.equal(config.secret.reveal(), 'it is a "secret"');
    assert.equal(config.name, "alice");
    assert.equal(config.controlSocket, "/run/hawser/bond0.sock");
    assert.deepEqual(
      config.routes.map(({ text }) => text),
      ["10.0.0.0/8", "fd00::/8"],
    );
    assert.deepEqual(config.dns.kind === "list" && config.dns.servers.map(({ text }) => text), [
      "9.9.9.9",
      "2620:fe::fe",
    ]);
    assert.deepEqual(
      [config.defaultRoute, config.ip4?.text, config.mtu, config.timeout],
      [true, "10.44.43.2/24", 1500, 800],
    );
    const [dsl, lte] = config.links;
    assert.deepEqual(
      [dsl?.bindHost?.text, dsl?.bindPort, dsl?.gateway?.text],
      ["192.168.8.100", 4000, "192.168.8.1"],
    );
    assert.deepEqual(dsl?.upload, { kind: "ceiling", rate: 1_250_000 });
    assert.deepEqual(dsl?.download, { kind: "ceiling", rate: 6_250_000 });
    assert.deepEqual([dsl?.remoteHost, dsl?.remotePort], ["198.51.100.7", 5081]);
    assert.deepEqual(
      [lte?.remoteHost, lte?.remotePort, lte?.table, lte?.fwmark, lte?.mtu],
      ["203.0.113.9", 443, "100", 100, 1428],
    );
  });

  it("takes mlvpn's bindfib for table and control_unix_path for control_socket", () => {
    const config = parse(`${GENERAL}control_unix_path = /run/a.sock\n[dsl1]\nbindfib = 7\n`);

    assert.equal(config.controlSocket, "/run/a.sock");
    assert.equal(config.links[0]?.table, "7");
  });

  it("leaves out a link that is not enabled", () => {
    const config = parse(`${GENERAL}${LINK}[lte]\nbinddev = eth1\nenabled = no\n`);

    assert.deepEqual(
      config.links.map(({ name }) => name),
      ["dsl1"],
    );
  });

  it("says what kind of line a link is, and how it is to be used", () => {
    const config = parse(`${GENERAL}scheduler = weighted
retransmit = no
redundancy = off
loss_tolerance = 5
[dsl1]
binddev = eth1
bandwidth_upload = auto
overhead = pppoe
[lte]
binddev = wwan0
bandwidth_upload = "1 - 20 Mbit/s"
bandwidth_download = "2 - 30 Mbit/s"
priority = 2
fallback_only = yes
loss_tolerance = no
latency_tolerance = "0.3 s"
quota = "50 GB"
quota_reset = 15
quota_action = throttle
`);

    assert.deepEqual([config.scheduler, config.retransmit, config.redundancy], ["weighted", "no", "no"]);
    const [dsl, lte] = config.links;
    assert.deepEqual(dsl?.upload, { kind: "auto" });
    assert.deepEqual(dsl?.line, { ...PLAIN_LINE, overhead: LINE_KINDS["pppoe-ptm"], lossTolerance: 0.05 });
    assert.deepEqual(lte?.upload, { kind: "range", minimum: 125_000, maximum: 2_500_000 });
    assert.deepEqual(lte?.download, { kind: "range", minimum: 250_000, maximum: 3_750_000 });
    assert.deepEqual(lte?.line, {
      ...{ downloadMinimum: 250_000, overhead: PLAIN_LINE.overhead, priority: 2, isFallbackOnly: true },
      ...{ lossTolerance: 1, latencyTolerance: 300 },
    });
    assert.deepEqual(lte?.quota, { limit: 50_000_000_000, resetDay: 15, action: "throttle" });
  });

  it("takes mlvpn's spelling of tolerances, in [general] and for a link", () => {
    const config = parse(`${GENERAL}latency_tolerence = 200
[a]
loss_tolerence = 10
`);

    const [link] = config.links;
    assert.deepEqual([link?.line.lossTolerance, link?.line.latencyTolerance], [0.1, 200]);
  });

  it("has the filters of all links, also of those that are not enabled", () => {
    const config = parse(`${GENERAL}${LINK}[l@te]\nenabled = no\n[filters]\nl@te = udp port 5060\ndsl1 = icmp\n`);

    assert.deepEqual(
      config.filters.map(({ link, expression }) => [link, expression]),
      [
        ["l@te", "udp port 5060"],
        ["dsl1", "icmp"],
      ],
    );
    assert.equal(config.links.length, 1);
  });

  it("takes each link's own server for that of [general]", () => {
    const config = parse("[general]\nmode = client\npassword = x\n[a]\nremotehost = one.example\n");

    assert.equal(config.links[0]?.remoteHost, "one.example");
  });
});

function parse(text: string): ClientConfig {
  return parseClientConfig(text, "client.conf");
}
