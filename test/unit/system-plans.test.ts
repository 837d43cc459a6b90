import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type NatRequest, natChanges } from "../../server/nat.ts";
import { describeChange } from "../../shared/runtime/system/change-actions.ts";
import { firewallTableName, planClientFirewall } from "../../shared/runtime/system/firewall.ts";
import { parseJournal } from "../../shared/runtime/system/journal.ts";
import { leftoversIn } from "../../shared/runtime/system/leftovers.ts";
import { resolverFile, savedContent } from "../../shared/runtime/system/name-servers.ts";
import { missingCapabilities } from "../../shared/runtime/system/privileges.ts";
import { planTunnelDevice, planTunnelRoutes } from "../../shared/runtime/system/tunnel-plan.ts";

const NAT: NatRequest = {
  tunnelDevice: "hawser0",
  prefixes: ["10.44.43.0/24", "fd44::/64"],
  masquerades: true,
  isolatesClients: false,
};

describe("The plan of a tunnel", () => {
  it("sets properties and addresses before the device goes up", () => {
    const changes = planTunnelDevice({ device: "hawser0", addresses: ["10.44.43.2/24", "fd44::2/64"], mtu: 1420 });

    assert.deepEqual(changes.map(describeChange), [
      "ip link set dev hawser0 mtu 1420",
      "ip link set dev hawser0 txqueuelen 5000",
      "ip -4 address add 10.44.43.2/24 dev hawser0",
      "ip -6 address add fd44::2/64 dev hawser0 nodad",
      "ip link set dev hawser0 up",
    ]);
  });

  it("takes two halves for the default route, in the families that the tunnel has addresses of", () => {
    const request = { device: "hawser0", addresses: ["10.44.43.2/24"], mtu: 1420, isDefaultRoute: true };

    assert.deepEqual(planTunnelRoutes({ ...request, routes: ["172.16.0.0/12"] }).map(describeChange), [
      "ip -4 route add 0.0.0.0/1 dev hawser0 table main proto 72 src 10.44.43.2 scope link",
      "ip -4 route add 128.0.0.0/1 dev hawser0 table main proto 72 src 10.44.43.2 scope link",
      "ip -4 route add 172.16.0.0/12 dev hawser0 table main proto 72 src 10.44.43.2 scope link",
    ]);
  });
});

describe("The firewall of a client", () => {
  it("clamps the MSS and gives a LAN's packets the tunnel's address", () => {
    const text = describeChange(planClientFirewall("hawser0", ["10.44.43.2/24"], true));

    assert.match(text, /^nft -f - <<'END'\ntable inet hawser_hawser0\ndelete table inet hawser_hawser0\n/);
    assert.match(text, /oifname "hawser0" tcp flags syn \/ syn,rst tcp option maxseg size set rt mtu/);
    assert.match(text, /meta nfproto ipv4 oifname "hawser0" ip saddr != \{ 10.44.43.2 \} snat ip to 10.44.43.2/);
  });

  it("leaves the LAN's addresses when the server has routes to them", () => {
    assert.doesNotMatch(describeChange(planClientFirewall("hawser0", ["10.44.43.2/24"], false)), /snat/);
  });

  it("has a name that nft takes, whatever the device is called", () => {
    assert.equal(firewallTableName("hawser.5"), "hawser_hawser.5");
    assert.equal(firewallTableName("büro@2"), "hawser_b_ro_2");
  });
});

describe("The plan of the server's NAT", () => {
  it("forwards and masquerades by any device but the tunnel", () => {
    const [table, ip4, ip6] = natChanges(NAT, []).map(describeChange);

    assert.equal(ip4, "sysctl -w net/ipv4/ip_forward=1");
    assert.equal(ip6, "sysctl -w net/ipv6/conf/all/forwarding=1");
    assert.match(table ?? "", /meta nfproto ipv4 oifname != "hawser0" ip saddr \{ 10.44.43.0\/24 \} masquerade/);
    assert.match(table ?? "", /meta nfproto ipv6 oifname != "hawser0" ip6 saddr \{ fd44::\/64 \} masquerade/);
  });

  it("keeps routes from router advertisements before it forwards IPv6", () => {
    const [, , advertised, forwarding] = natChanges(NAT, ["eth0"]).map(describeChange);

    assert.equal(advertised, "sysctl -w net/ipv6/conf/eth0/accept_ra=2");
    assert.equal(forwarding, "sysctl -w net/ipv6/conf/all/forwarding=1");
  });

  it("masquerades nothing with nat = no, and leaves IPv6 alone without IPv6 inside", () => {
    const changes = natChanges({ ...NAT, prefixes: ["10.44.43.0/24"], masquerades: false }, []).map(describeChange);

    assert.equal(changes.length, 2);
    assert.doesNotMatch(changes.join("\n"), /masquerade|ipv6/);
  });

  it("puts the table in place first, so that it is taken away last", () => {
    assert.deepEqual(
      natChanges(NAT, []).map(({ kind }) => kind),
      ["firewall", "setting", "setting"],
    );
  });

  it("leaves segments alone with mss_clamp = no", () => {
    assert.doesNotMatch(
      natChanges({ ...NAT, clampsSegments: false }, [])
        .map(describeChange)
        .join("\n"),
      /maxseg/,
    );
  });

  it("can be kept to one device, and keeps clients apart", () => {
    const text = natChanges({ ...NAT, outDevice: "eth0", isolatesClients: true }, [])
      .map(describeChange)
      .join("\n");

    assert.match(text, /oifname "eth0" ip saddr/);
    assert.match(text, /iifname "hawser0" oifname "hawser0" drop/);
  });
});

describe("Our resolv.conf", () => {
  it("holds the file before it, byte for byte", () => {
    const before = "# by DHCP\nsearch example.net\nnameserver 192.0.2.53\n";

    const content = resolverFile(["10.44.43.1"], before);

    assert.match(content, /^nameserver 10.44.43.1\nsearch example.net\n#= # by DHCP$/m);
    assert.equal(savedContent(content), before);
    assert.equal(savedContent(resolverFile(["10.44.43.1"], content)), before);
  });

  it("is told from anybody else's", () => {
    assert.equal(savedContent("nameserver 192.0.2.53\n"), null);
  });
});

describe("A journal", () => {
  const owner = `{"hawser":1,"interfaceName":"hawser0","process":1,"started":"2","boot":"x","slot":0}`;
  const entry = `{"change":{"kind":"setting","name":"net/ipv4/ip_forward","value":"1"},"previous":{"value":"0","companions":{}}}`;

  it("is read up to a last line that was cut off", () => {
    const journal = parseJournal("a.journal", `${owner}\n${entry}\n${entry.slice(0, 30)}`);

    assert.equal(journal?.entries.length, 1);
    assert.equal(journal?.owner.interfaceName, "hawser0");
  });

  it("holds no setting outside of net, no option in the place of a name, and nothing of an unknown kind", () => {
    const bad = [
      entry.replace("net/ipv4/ip_forward", "kernel/core_pattern"),
      entry.replace("net/ipv4/ip_forward", "net/../kernel/panic"),
      `{"change":{"kind":"address","device":"-batch","address":"10.0.0.1/24"},"previous":{"value":null,"companions":{}}}`,
      `{"change":{"kind":"program","path":"/bin/sh"},"previous":{"value":null,"companions":{}}}`,
    ];

    assert.deepEqual(parseJournal("a.journal", [owner, ...bad].join("\n"))?.entries, []);
  });

  it("is none when its first line is not an owner's", () => {
    assert.equal(parseJournal("a.journal", entry), null);
    assert.equal(parseJournal("a.journal", ""), null);
  });
});

describe("Leftovers", () => {
  const rule = { family: 4, source: null, suppressPrefixLength: null } as const;

  it("are the rules and routes of our number that no journal claims", () => {
    const network = {
      devices: [],
      routes: [],
      rules: [
        { ...rule, priority: 720, mark: 7200, table: "7200", protocol: "72" },
        { ...rule, priority: 724, mark: 7201, table: "7201", protocol: "72" },
        { ...rule, priority: 800, mark: 7200, table: "7200", protocol: "3" },
      ],
    };

    const found = leftoversIn(network, [{ kind: "rule", family: 4, priority: 724, mark: 7201, table: "7201" }]);

    assert.deepEqual(found.map(describeChange), [
      "ip -4 rule add priority 720 fwmark 0x1c20 lookup 7200 protocol 72",
    ]);
  });
});

describe("The capabilities of a process", () => {
  it("are read from its status", () => {
    assert.deepEqual(missingCapabilities("Name:\tnode\nCapEff:\t000001ffffffffff\n"), []);
    assert.deepEqual(missingCapabilities("CapEff:\t0000000000001000\n"), ["CAP_NET_RAW"]);
    assert.deepEqual(missingCapabilities("CapEff:\t0000000000000000\n"), ["CAP_NET_ADMIN", "CAP_NET_RAW"]);
  });
});
