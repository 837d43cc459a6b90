import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { linkLimits } from "../../server/link-rates.ts";
import { parseServerConfig, type ServerConfig } from "../../server/server-config.ts";
import { ConfigError } from "../../shared/config/config-error.ts";
import { PLAIN_LINE } from "../../shared/protocol/session/line-terms.ts";
import type { LinkOffer } from "../../shared/protocol/session/link-offer.ts";
import { bytesPerSecond } from "../../shared/protocol/units.ts";
import { PLAIN_OFFER } from "../support/session-handshake.ts";

const GENERAL = '[general]\nmode = server\npassword = "hunter2"\n';

describe("A server's configuration", () => {
  it("is complete with a password", () => {
    const { secret, bindHosts, ip4, ...config } = parse(GENERAL);

    assert.equal(secret?.reveal(), "hunter2");
    assert.deepEqual(
      bindHosts.map(({ text }) => text),
      ["::"],
    );
    assert.equal(ip4.text, "10.44.43.1/24");
    assert.deepEqual(config, {
      ...{ role: "server", file: "server.conf", interfaceName: "hawser0" },
      ...{
        mtu: "auto",
        mrru: 65535,
        scheduler: "earliest-arrival",
        cipher: "auto",
        keepalive: 5000,
        timeout: "auto",
        reorderWait: 1000,
        offload: true,
        nice: -10,
        retransmit: "auto",
        redundancy: "auto",
      },
      ...{ statusCommand: undefined, controlSocket: "/run/hawser/hawser0.sock", logLevel: "info", logFormat: "auto" },
      ...{ bindPort: 5080, ip6: undefined, nat: true, natInterface: undefined, clientToClient: false, dns: [] },
      ...{ mssClamp: true, maxClients: 1000, workers: "auto", clients: [], linkRates: [] },
    });
  });

  it("has as many workers as it says", () => {
    assert.equal(parse(`${GENERAL}workers = 3\n`).workers, 3);
    assert.equal(parse(`${GENERAL}workers = auto\n`).workers, "auto");
  });

  it("needs no common password when every client has its own", () => {
    const config = parse(`[general]
mode = server
bindhost = "0.0.0.0, ::1"
ip4 = "10.9.0.1/16"
ip6 = "fd44::1/64"
dns = 9.9.9.9
[client alice]
password = one
ip4 = 10.9.7.7
ip6 = fd44::7
routes = 192.168.7.0/24 fd77::/64
[client bob.home]
password = two
[client carol]
enabled = no
`);

    assert.equal(config.secret, undefined);
    assert.deepEqual(
      config.bindHosts.map(({ text }) => text),
      ["0.0.0.0", "::1"],
    );
    assert.deepEqual(
      config.clients.map(({ name, isEnabled, secret, ip4, ip6, routes }) => [
        ...[name, isEnabled, secret?.reveal(), ip4?.text, ip6?.text, routes.map(({ text }) => text)],
      ]),
      [
        ["alice", true, "one", "10.9.7.7", "fd44::7", ["192.168.7.0/24", "fd77::/64"]],
        ["bob.home", true, "two", undefined, undefined, []],
        ["carol", false, undefined, undefined, undefined, []],
      ],
    );
  });

  it("limits a link of every client, and that of one client otherwise", () => {
    const config = parse(`${GENERAL}[dsl1]
bandwidth_download = "45 Mbit/s"
bandwidth_upload = "9 Mbit/s"
[client alice link dsl1]
bandwidth_download = "20 Mbit/s"
`);

    const rates = (client: string, linkName: string, options: Partial<LinkOffer> = {}) => {
      const { sendLimits, receiveLimits } = linkLimits(config.linkRates, client, {
        ...PLAIN_OFFER,
        linkName,
        ...options,
      });
      return [sendLimits, receiveLimits];
    };
    const ceiling = (rate: number) => ({ kind: "ceiling", rate });
    assert.deepEqual(rates("bob", "dsl1"), [ceiling(5_625_000), ceiling(1_125_000)]);
    assert.deepEqual(rates("alice", "dsl1"), [ceiling(2_500_000), ceiling(1_125_000)]);
    assert.deepEqual(rates("alice", "lte"), [{ kind: "auto" }, { kind: "auto" }]);
    const slower = { receiveRate: bytesPerSecond(1_000_000), sendRate: bytesPerSecond(9_000_000) };
    assert.deepEqual(rates("bob", "dsl1", slower), [ceiling(1_000_000), ceiling(1_125_000)]);
    const varying = {
      receiveRate: bytesPerSecond(8_000_000),
      line: { ...PLAIN_LINE, downloadMinimum: bytesPerSecond(500_000) },
    };
    assert.deepEqual(rates("bob", "dsl1", varying)[0], { kind: "range", minimum: 500_000, maximum: 5_625_000 });
  });
});

describe("A server's configuration is refused", () => {
  const KINDS = "expected [general], [client NAME], [client NAME link LINK] or [LINK]";
  const mistakes: readonly (readonly [string, string, readonly string[]])[] = [
    [
      "for a client's file",
      "[general]\nmode = client\n",
      ["server.conf:2: [general] mode = client: this is a file for `hawser client`"],
    ],
    [
      "for a number of workers that is none",
      `${GENERAL}workers = 17\n`,
      ["server.conf:4: [general] workers = 17: expected auto, or a number from 1 to 16"],
    ],
    [
      "without any password",
      "[general]\nmode = server\n",
      [
        "server.conf:1: [general] password: missing: make one with `hawser genkey`, or give each client its own in a [client NAME] section",
      ],
    ],
    [
      "for a client without a password where there is no common one",
      "[general]\nmode = server\n[client a]\npassword = x\n[client b]\n",
      ["server.conf:5: [client b] password: missing, and [general] has none"],
    ],
    [
      "for one secret of two clients",
      `${GENERAL}[client a]\npassword = x\n[client b]\npassword = x\n`,
      ["server.conf:7: [client b] password = ...: [client a] has the same secret: each client needs its own"],
    ],
    [
      "for the common secret in a client's section",
      `${GENERAL}[client a]\npassword = hunter2\n`,
      ["server.conf:5: [client a] password = ...: [general] has the same secret: leave it out here, or make another"],
    ],
    [
      "for an address outside the pool",
      `${GENERAL}[client a]\nip4 = 10.44.44.7\n`,
      ["server.conf:5: [client a] ip4 = 10.44.44.7: expected an address of the pool 10.44.43.0/24"],
    ],
    [
      "for the server's own address",
      `${GENERAL}[client a]\nip4 = 10.44.43.1\n`,
      ["server.conf:5: [client a] ip4 = 10.44.43.1: this is the server's own address"],
    ],
    [
      "for the network's own address",
      `${GENERAL}[client a]\nip4 = 10.44.43.255\n`,
      ["server.conf:5: [client a] ip4 = 10.44.43.255: expected a client's address, not the network's first or last"],
    ],
    [
      "for an address that two clients have",
      `${GENERAL}[client a]\nip4 = 10.44.43.7\n[client b]\nip4 = 10.44.43.7\n`,
      ["server.conf:7: [client b] ip4 = 10.44.43.7: [client a] has the same address"],
    ],
    [
      "for an IPv6 address without a pool",
      `${GENERAL}[client a]\nip6 = fd44::7\n`,
      ["server.conf:5: [client a] ip6 = fd44::7: the server has no ip6 in [general]"],
    ],
    [
      "for an address of the wrong family",
      `${GENERAL}[client a]\nip4 = fd44::7\n`,
      ["server.conf:5: [client a] ip4 = fd44::7: expected an IPv4 address such as 10.44.43.7"],
    ],
    [
      "for routes of two clients that overlap",
      `${GENERAL}[client a]\nroutes = 10.1.0.0/16\n[client b]\nroutes = 10.0.0.0/8\n`,
      [
        "server.conf:7: [client b] routes = 10.0.0.0/8: 10.0.0.0/8 overlaps 10.1.0.0/16 of [client a]",
        "server.conf:7: [client b] routes = 10.0.0.0/8: 10.0.0.0/8 overlaps the pool 10.44.43.0/24",
      ],
    ],
    [
      "for more name servers than a client can be told",
      `${GENERAL}dns = 9.9.9.9 1.1.1.1 8.8.8.8\n`,
      ["server.conf:4: [general] dns = 9.9.9.9 1.1.1.1 8.8.8.8: expected at most 2 of IPv4 and 2 of IPv6"],
    ],
    [
      "for a pool without room",
      `${GENERAL}ip4 = 10.44.43.1/31\n`,
      [
        "server.conf:4: [general] ip4 = 10.44.43.1/31: expected a prefix with room for clients, such as 10.44.43.1/24",
      ],
    ],
    [
      "for a network as the server's address",
      `${GENERAL}ip4 = 10.44.43.0/24\n`,
      [
        "server.conf:4: [general] ip4 = 10.44.43.0/24: expected the server's own address, not the network's first or last",
      ],
    ],
    [
      "for a misspelt client section",
      `${GENERAL}[clinet alice]\n`,
      ['server.conf:4: unknown section "clinet alice", did you mean "client alice"?'],
    ],
    [
      "for a client section without a name",
      `${GENERAL}[client]\n`,
      [`server.conf:4: unknown section "client": ${KINDS}`],
    ],
    [
      "for a client section with too many words",
      `${GENERAL}[client a link b c]\n`,
      [`server.conf:4: unknown section "client a link b c": ${KINDS}`],
    ],
    [
      "for [filters], which only a client has",
      `${GENERAL}[filters]\nlte = icmp\n`,
      ["server.conf:4: [filters] is for the client's file: this end answers a flow on the link that it comes by"],
    ],
    [
      "for a client's key in a link's section",
      `${GENERAL}[alice]\nip4 = 10.44.43.7\n`,
      ['server.conf:5: [alice]: unknown key "ip4"'],
    ],
    [
      "for a rate that is none",
      `${GENERAL}[client a link b]\nbandwidth_download = fast\n`,
      [
        'server.conf:5: [client a link b] bandwidth_download = fast: expected bytes per second, such as 1250000 or "10 Mbit/s", a range with the lower rate first, "2 - 30 Mbit/s", or auto',
      ],
    ],
    [
      "for a secret's file that is not there",
      `${GENERAL}[client a]\npassword_file = /nowhere/key\n`,
      ["server.conf:5: [client a] password_file = /nowhere/key: /nowhere/key: there is no such file"],
    ],
  ];
  for (const [name, text, expected] of mistakes) {
    it(name, () => {
      assert.deepEqual(problemsOf(text), expected);
    });
  }
});

function parse(text: string): ServerConfig {
  return parseServerConfig(text, "server.conf");
}

function problemsOf(text: string): readonly string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
