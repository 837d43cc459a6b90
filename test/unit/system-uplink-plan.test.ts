import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeChange } from "../../shared/runtime/system/change-actions.ts";
import type { Device, NetworkSnapshot, Route } from "../../shared/runtime/system/network-snapshot.ts";
import { planUplink, type UplinkRequest, type UplinkSurroundings } from "../../shared/runtime/system/uplink-plan.ts";

const SERVER = "203.0.113.1";
const REQUEST: UplinkRequest = { name: "dsl", index: 0, device: "eth1", remotes: [SERVER] };

describe("The plan of an uplink", () => {
  it("sends the link's mark to a table of its own, and nowhere when that has no route", () => {
    const plan = planUplink(REQUEST, surroundings({}));

    assert.deepEqual(plan.changes.map(describeChange), [
      "ip -4 rule add priority 720 fwmark 0x1c20 lookup 7200 protocol 72",
      "ip -4 rule add priority 721 fwmark 0x1c20 unreachable protocol 72",
      "ip -4 route add 192.0.2.0/24 dev eth1 table 7200 proto 72 src 192.0.2.2 scope link",
      "ip -4 route add default via 192.0.2.1 dev eth1 table 7200 proto 72 src 192.0.2.2",
      "ip -4 rule add priority 722 from 192.0.2.2 lookup main suppress_prefixlength 1 protocol 72",
      "ip -4 rule add priority 723 from 192.0.2.2 lookup 7200 protocol 72",
    ]);
  });

  it("tells how the socket is opened", () => {
    const plan = planUplink(REQUEST, surroundings({}));

    assert.deepEqual(plan.kind === "available" && plan.socket, {
      device: "eth1",
      deviceIndex: 7,
      mark: 7200,
      address4: "192.0.2.2",
      address6: null,
      gateway4: "192.0.2.1",
      gateway6: null,
      mtu: 1500,
    });
  });

  it("takes the MTU of the route when that is smaller than the device's", () => {
    const plan = planUplink(REQUEST, surroundings({ routes: [{ ...DEFAULT, mtu: 1400 }] }));

    assert.equal(plan.kind === "available" && plan.socket.mtu, 1400);
    assert.ok(plan.changes.some((change) => describeChange(change).includes("src 192.0.2.2 mtu 1400")));
  });

  it("prefers the default route of the main table, then the one of the lowest metric", () => {
    const routes = [
      { ...DEFAULT, gateway: "192.0.2.7", table: "100" },
      { ...DEFAULT, gateway: "192.0.2.8", metric: 50 },
      { ...DEFAULT, gateway: "192.0.2.9", metric: 20 },
    ];

    const plan = planUplink(REQUEST, surroundings({ routes }));

    assert.equal(plan.kind === "available" && plan.socket.gateway4, "192.0.2.9");
  });

  it("does not take its own routes for the kernel's", () => {
    const routes = [{ ...DEFAULT, protocol: "72", table: "7200" }];

    assert.equal(reasonOf(planUplink(REQUEST, surroundings({ routes }))), "no gateway");
  });

  it("needs no gateway on a point-to-point device", () => {
    const plan = planUplink(REQUEST, surroundings({ device: { isPointToPoint: true }, routes: [] }));

    assert.ok(
      plan.changes
        .map(describeChange)
        .includes("ip -4 route add default dev eth1 table 7200 proto 72 src 192.0.2.2 scope link"),
    );
  });

  it("needs no gateway to a server in the device's own network", () => {
    const plan = planUplink({ ...REQUEST, remotes: ["192.0.2.99"] }, surroundings({ routes: [ON_LINK] }));

    assert.equal(plan.kind, "available");
    assert.ok(!plan.changes.some((change) => describeChange(change).includes("default")));
  });

  it("marks a gateway outside of the device's networks as on-link", () => {
    const plan = planUplink({ ...REQUEST, gateway: "198.51.100.1" }, surroundings({}));

    assert.ok(
      plan.changes.some((change) =>
        describeChange(change).endsWith("via 198.51.100.1 dev eth1 table 7200 proto 72 src 192.0.2.2 onlink"),
      ),
    );
  });

  it("uses the address that was given and the device that has it", () => {
    const request = { name: "dsl", index: 3, address: "192.0.2.2" };

    const plan = planUplink(request, surroundings({}));

    assert.equal(plan.kind === "available" && plan.socket.device, "eth1");
    assert.equal(plan.kind === "available" && plan.socket.mark, 7203);
  });

  it("follows the default route when neither device nor address is given, but never into the tunnel", () => {
    const routes = [{ ...DEFAULT, device: "hawser0", metric: 1 }, DEFAULT];

    const plan = planUplink({ name: "any", index: 0 }, surroundings({ routes }));

    assert.equal(plan.kind === "available" && plan.socket.device, "eth1");
  });

  it("leaves an operator's own table as it is", () => {
    const plan = planUplink({ ...REQUEST, table: "isp1", mark: 9 }, surroundings({ routes: [] }));

    assert.equal(plan.kind, "available");
    assert.ok(!plan.changes.some((change) => change.kind === "route"));
    assert.equal(
      plan.changes.map(describeChange)[0],
      "ip -4 rule add priority 720 fwmark 0x9 lookup isp1 protocol 72",
    );
  });

  it("loosens strict reverse path filtering", () => {
    const plan = planUplink(REQUEST, { ...surroundings({}), strictDevices: new Set(["eth1"]) });

    assert.ok(plan.changes.map(describeChange).includes("sysctl -w net/ipv4/conf/eth1/rp_filter=2"));
  });

  it("gives a second daemon on the host numbers of its own", () => {
    const plan = planUplink(REQUEST, { ...surroundings({}), slot: 1 });

    assert.equal(
      describeChange(plan.changes[0] ?? assert.fail()),
      "ip -4 rule add priority 976 fwmark 0x1c60 lookup 7264 protocol 72",
    );
  });

  it("says why a link cannot be used", () => {
    const reason = (device: Partial<Device>) => reasonOf(planUplink(REQUEST, surroundings({ device })));

    assert.equal(reason({ name: "eth9" }), "device missing");
    assert.equal(reason({ isUp: false, hasCarrier: false }), "device down");
    assert.equal(reason({ hasCarrier: false }), "no carrier");
    assert.equal(reason({ addresses: [] }), "no address");
    assert.equal(reasonOf(planUplink(REQUEST, surroundings({ routes: [ON_LINK] }))), "no gateway");
    assert.equal(reasonOf(planUplink({ name: "any", index: 0 }, surroundings({ routes: [] }))), "no default route");
  });

  it("prefers an IPv6 address that lasts to a temporary one", () => {
    const address = { family: 6, prefixLength: 64, peer: null, isGlobal: true, isUsable: true } as const;
    const addresses = [
      { ...address, address: "2001:db8::1234", isTemporary: true },
      { ...address, address: "2001:db8::2", isTemporary: false },
    ];
    const routes = [{ ...DEFAULT, family: 6, gateway: "fe80::1" } as const];

    const plan = planUplink(
      { ...REQUEST, remotes: ["2001:db8:9::1"] },
      surroundings({ device: { addresses }, routes }),
    );

    assert.equal(plan.kind === "available" && plan.socket.address6, "2001:db8::2");
  });
});

const DEVICE: Device = {
  name: "eth1",
  index: 7,
  isUp: true,
  hasCarrier: true,
  isPointToPoint: false,
  mtu: 1500,
  queueLength: 1000,
  addresses: [
    {
      family: 4,
      address: "192.0.2.2",
      prefixLength: 24,
      peer: null,
      isGlobal: true,
      isUsable: true,
      isTemporary: false,
    },
  ],
};
const DEFAULT: Route = {
  family: 4,
  destination: "default",
  gateway: "192.0.2.1",
  device: "eth1",
  table: "254",
  protocol: "16",
  metric: 100,
  mtu: null,
};
const ON_LINK: Route = { ...DEFAULT, destination: "192.0.2.0/24", gateway: null, protocol: "2", metric: 0 };

function surroundings(change: { device?: Partial<Device>; routes?: readonly Route[] }): UplinkSurroundings {
  const network: NetworkSnapshot = {
    devices: [{ ...DEVICE, ...change.device }],
    routes: change.routes ?? [DEFAULT, ON_LINK],
    rules: [
      { family: 4, priority: 0, source: null, mark: null, table: "255", protocol: "2", suppressPrefixLength: null },
    ],
  };
  return { network, slot: 0, tunnelDevice: "hawser0", strictDevices: new Set() };
}

function reasonOf(plan: ReturnType<typeof planUplink>): string {
  return plan.kind === "unavailable" ? plan.reason : "available";
}
