import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseClientConfig } from "../../client/client-config.ts";
import { ConfigError } from "../../shared/config/config-error.ts";
import { LATENCY_TOLERANCE_EXPECTED, LOSS_TOLERANCE_EXPECTED } from "../../shared/config/values/link-limits.ts";

const GENERAL = '[general]\nmode = client\npassword = "hunter2"\nremotehost = vps.example.net\n';
const LINK = "[dsl1]\nbinddev = eth1\n";

describe("A client's configuration is refused", () => {
  const RATE =
    'expected bytes per second, such as 1250000 or "10 Mbit/s", a range with the lower rate first, "2 - 30 Mbit/s", or auto';
  const mistakes: readonly (readonly [string, string, readonly string[]])[] = [
    [
      "for a rate that is none",
      `${GENERAL}[dsl]\nbandwidth_upload = fast\n`,
      [`client.conf:6: [dsl] bandwidth_upload = fast: ${RATE}`],
    ],
    [
      "for a rate that was meant as Mbit/s",
      `${GENERAL}[dsl]\nbandwidth_upload = 10\n`,
      [`client.conf:6: [dsl] bandwidth_upload = 10: ${RATE}`],
    ],
    [
      "for an unknown key",
      `${GENERAL}[dsl]\nbandwith_upload = 5\n`,
      ['client.conf:6: [dsl]: unknown key "bandwith_upload", did you mean "bandwidth_upload"?'],
    ],
    [
      "for an unknown key like no other",
      `${GENERAL}colour = red\n${LINK}`,
      ['client.conf:5: [general]: unknown key "colour"'],
    ],
    [
      "for a misspelt [general]",
      "[generl]\nmode = client\n",
      ['client.conf:1: unknown section "generl", did you mean "general"?'],
    ],
    ["without [general]", LINK, ["client.conf: there is no [general] section: begin the file with it"]],
    [
      "for a section that can be no link",
      `${GENERAL}${LINK}[client alice]\n`,
      [
        'client.conf:7: unknown section "client alice": expected [general], [filters] or the name of a link, such as [dsl1]',
      ],
    ],
    [
      "for a server's file",
      "[general]\nmode = server\nnat = yes\n",
      ["client.conf:2: [general] mode = server: this is a file for `hawser server`"],
    ],
    [
      "for a mode that is none",
      GENERAL.replace("= client", "= clinet") + LINK,
      ['client.conf:2: [general] mode = clinet: expected "client" or "server"'],
    ],
    [
      "without a mode",
      GENERAL.replace("mode = client\n", "") + LINK,
      ['client.conf:1: [general] mode: missing: expected "client" or "server"'],
    ],
    [
      "without a password",
      GENERAL.replace('password = "hunter2"\n', "") + LINK,
      ["client.conf:1: [general] password: missing: make one with `hawser genkey` and give it to both ends"],
    ],
    [
      "for an empty password",
      GENERAL.replace("hunter2", "") + LINK,
      [
        "client.conf:3: [general] password = ...: expected the secret that both ends share, as `hawser genkey` prints it",
      ],
    ],
    [
      "for a password beside a password_file",
      `${GENERAL}password_file = x\n${LINK}`,
      ["client.conf:5: [general] password_file = x: expected a password or a password_file, not both"],
    ],
    [
      "without a server",
      GENERAL.replace("remotehost = vps.example.net\n", "") + LINK,
      ["client.conf:1: [general] remotehost: missing: expected the server's host name or IP address"],
    ],
    ["without a link", GENERAL, ["client.conf: there is no link: add a section for each, such as [dsl1]"]],
    ["without a link that is enabled", `${GENERAL}[dsl]\nenabled = no\n`, ["client.conf: no link is enabled"]],
    [
      "for an alias beside its key",
      `${GENERAL}[dsl]\ntable = 1\nbindfib = 2\n`,
      ['client.conf:7: [dsl]: "bindfib" means the same as "table" at line 6: keep one of them'],
    ],
    [
      "for a wrong value under an alias",
      `${GENERAL}[dsl]\nbindfib = 0\n`,
      ["client.conf:6: [dsl] bindfib = 0: expected the number or the name of a routing table"],
    ],
    [
      "for an MTU above the MRRU",
      `${GENERAL}mtu = 9000\nmrru = 1500\n${LINK}`,
      ["client.conf:5: [general] mtu = 9000: expected at most the mrru, which is 1500"],
    ],
    [
      "for two links with no way given",
      `${GENERAL}[a]\n[b]\n`,
      [
        "client.conf:6: [b]: leaves by the same way as [a] at line 5 (none is given): give each link its own binddev or bindhost",
      ],
    ],
    [
      "for two links by one device",
      `${GENERAL}${LINK}[b]\nbinddev = eth1\n`,
      [
        "client.conf:7: [b]: leaves by the same way as [dsl1] at line 5 (binddev eth1): give each link its own binddev or bindhost",
      ],
    ],
    [
      "for two links with mlvpn's bindhost of any",
      `${GENERAL}[a]\nbindhost = 0.0.0.0\n[b]\nbindhost = 0.0.0.0\n`,
      [
        "client.conf:7: [b]: leaves by the same way as [a] at line 5 (none is given): give each link its own binddev or bindhost",
      ],
    ],
    [
      "for a gateway of another family",
      `${GENERAL}[a]\nbindhost = 10.0.0.2\ngateway = fe80::1\n`,
      ["client.conf:7: [a] gateway = fe80::1: expected an IPv4 address, as bindhost is one"],
    ],
    [
      "for a bindhost of another family than the server",
      `${GENERAL.replace("vps.example.net", "198.51.100.7")}[a]\nbindhost = fd00::2\n`,
      ["client.conf:6: [a] bindhost = fd00::2: expected an IPv4 address, as remotehost is 198.51.100.7"],
    ],
    [
      "for two links that want one socket",
      `${GENERAL}[a]\nbindport = 5\ngateway = 10.0.0.1\n[b]\nbindport = 5\ngateway = 10.1.0.1\n`,
      ["client.conf:9: [b] bindport = 5: [a] has the same local port and address: expected another port"],
    ],
    [
      "for a filter of a link that is not there",
      `${GENERAL}${LINK}[filters]\ndls1 = ip proto icmp\n`,
      ['client.conf:8: [filters] dls1 = ip proto icmp: there is no link "dls1", did you mean "dsl1"?'],
    ],
    [
      "for a misspelt [filters]",
      `${GENERAL}${LINK}[filter s]\ndsl1 = icmp\n`,
      ['client.conf:7: unknown section "filter s", did you mean "filters"?'],
    ],
    [
      "with filters and no link",
      `${GENERAL}[filters]\n`,
      ["client.conf: there is no link: add a section for each, such as [dsl1]"],
    ],
    [
      "for a range with the higher rate first",
      `${GENERAL}[dsl]\nbandwidth_upload = "30 - 2 Mbit/s"\n`,
      [`client.conf:6: [dsl] bandwidth_upload = 30 - 2 Mbit/s: ${RATE}`],
    ],
    [
      "for what belongs to a quota without one",
      `${GENERAL}${LINK}quota_action = off\nquota_reset = 3\n`,
      [
        'client.conf:7: [dsl1] quota_action = off: says nothing without a quota = "50 GB"',
        'client.conf:8: [dsl1] quota_reset = 3: says nothing without a quota = "50 GB"',
      ],
    ],
    [
      "for a misspelt key of a quota",
      `${GENERAL}${LINK}qouta = 5\n`,
      ['client.conf:7: [dsl1]: unknown key "qouta", did you mean "quota"?'],
    ],
    [
      "for mlvpn's spelling beside the right one",
      `${GENERAL}${LINK}loss_tolerance = 5\nloss_tolerence = 6\n`,
      ['client.conf:8: [dsl1]: "loss_tolerence" means the same as "loss_tolerance" at line 7: keep one of them'],
    ],
    [
      "for a wrong value under mlvpn's spelling",
      `${GENERAL}latency_tolerence = soon\n${LINK}`,
      [`client.conf:5: [general] latency_tolerence = soon: ${LATENCY_TOLERANCE_EXPECTED}`],
    ],
    [
      "with all its mistakes at once, by line",
      `${GENERAL}mtu = 5\n[a]\nbinddev = a/b\nbinddev = eth1\nx\n`,
      [
        "client.conf:5: [general] mtu = 5: expected auto, or bytes from 576 to 65535",
        "client.conf:7: [a] binddev = a/b: expected the name of a network interface: at most 15 bytes, no slash, colon or space",
        "client.conf:8: [a] binddev: this key is already at line 7: keep one of them",
        "client.conf:9: [a]: expected a line such as key = value, [section], or a comment that starts with # or ;",
      ],
    ],
  ];
  for (const [name, text, expected] of mistakes) {
    it(name, () => {
      assert.deepEqual(problemsOf(text), expected);
    });
  }

  const values: readonly (readonly [string, string, string])[] = [
    ["remoteport", "70000", "expected a port from 1 to 65535"],
    ["remotehost", "a b", "expected a host name or an IP address"],
    [
      "interface_name",
      "a-name-of-16-byte",
      "expected the name of a network interface: at most 15 bytes, no slash, colon or space",
    ],
    ["default_route", "maybe", "expected yes or no"],
    [
      "routes",
      "10.0.0.1/8",
      "expected networks such as 192.168.1.0/24, separated by spaces or commas, with no bit set behind the prefix",
    ],
    [
      "dns",
      "resolver",
      "expected yes (those that the server tells), no, or IP addresses separated by spaces or commas",
    ],
    ["ip4", "10.44.43.2", "expected an IPv4 address with its prefix length, such as 10.44.43.1/24"],
    ["ip6", "10.44.43.2/24", "expected an IPv6 address with its prefix length, such as fd44::1/64"],
    ["cipher", "rot13", "expected auto, aes-256-gcm or chacha20-poly1305"],
    ["keepalive", "0", 'expected seconds from 0.1 to 3600, such as 5, or a time with a unit: "500 ms", "2 min"'],
    ["timeout", "10 ms", 'expected auto, or seconds from 0.1 to 3600, or a time with a unit: "800 ms"'],
    ["reorder_wait", "1 min", 'expected seconds up to 10, or a time with a unit: "300 ms"'],
    ["scheduler", "magic", "expected one of earliest-arrival, weighted, redundant, failover"],
    ["statuscommand", "up.sh", "expected the path of a program, from the root: /etc/hawser/up.sh"],
    ["control_socket", `/${"a".repeat(107)}`, "expected a path from the root of at most 107 bytes"],
    ["log_level", "loud", "expected one of trace, debug, info, warn, error, fatal"],
    ["log_format", "xml", "expected one of auto, json, text"],
    ["retransmit", "yes", "expected auto or no"],
    ["redundancy", "always", "expected auto or no"],
    ["loss_tolerance", "-1", LOSS_TOLERANCE_EXPECTED],
    ["mrru", "1000", "expected bytes from 1500 to 65535"],
    ["name", "two words", "expected a name of at most 64 letters, digits, dots, hyphens, underscores or @"],
  ];
  for (const [key, value, expected] of values) {
    it(`for ${key} = ${value.slice(0, 20)}`, () => {
      const general = GENERAL.replace(/^remotehost.*\n/m, key === "remotehost" ? "" : "$&");

      const problems = problemsOf(`${general}${key} = "${value}"\n${LINK}`);

      assert.equal(problems.length, 1);
      assert.ok(problems[0]?.endsWith(`: ${expected}`), problems[0]);
    });
  }

  const linkValues: readonly (readonly [string, string, string])[] = [
    [
      "overhead",
      "adsl",
      "expected none, pppoe, atm, ethernet, bytes per packet from 0 to 256, or a name of tc-cake(8) such as pppoa-vcmux",
    ],
    ["priority", "0", "expected a number from 1, which is used first, to 9"],
    ["fallback_only", "maybe", "expected yes or no"],
    ["quota", "50", 'expected bytes from 1 MB, or a size with a unit: "50 GB"'],
    ["latency_tolerance", "0", LATENCY_TOLERANCE_EXPECTED],
  ];
  for (const [key, value, expected] of linkValues) {
    it(`for a link's ${key} = ${value}`, () => {
      assert.deepEqual(problemsOf(`${GENERAL}${LINK}${key} = ${value}\n`), [
        `client.conf:7: [dsl1] ${key} = ${value}: ${expected}`,
      ]);
    });
  }

  it("for more links than a daemon can have", () => {
    const links = Array.from({ length: 66 }, (_, index) => `[line${index}]\nbinddev = eth${index}\n`);

    assert.deepEqual(problemsOf(GENERAL + links.join("")), ["client.conf:133: [line64]: expected at most 64 links"]);
  });

  it("without ever showing a secret", () => {
    const secrets = [
      "password = hunter2#x",
      'password = "hunter2',
      "hunter2 = ",
      "pasword = hunter2",
      "password hunter2",
      "password[] = hunter2",
    ];

    for (const line of secrets) {
      const problems = problemsOf(
        `[general]\nmode = client\nremotehost = a\npassword = hunter2\n${line}\n[a]\nmtu = x\n`,
      );

      assert.ok(problems.length >= 2);
      const shown = problems.filter((problem) => problem.includes("hunter2") && !problem.includes("unknown key"));
      assert.deepEqual(shown, []);
    }
  });
});

function problemsOf(text: string): readonly string[] {
  try {
    parseClientConfig(text, "client.conf");
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
