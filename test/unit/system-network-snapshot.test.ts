import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseDevices, parseRoutes, parseRules } from "../../shared/runtime/system/network-snapshot.ts";

// Captured from iproute2 6.1.0 on Debian 12.
const ADDRESSES = `[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"mtu":65536,"qdisc":"noqueue","operstate":"UNKNOWN","group":"0","txqlen":1000,"link_type":"loopback","address":"00:00:00:00:00:00","broadcast":"00:00:00:00:00:00","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"254","label":"lo","valid_life_time":4294967295,"preferred_life_time":4294967295}]},{"ifindex":2,"link":"v0","ifname":"v1","flags":["NO-CARRIER","BROADCAST","MULTICAST","UP"],"mtu":1500,"qdisc":"noqueue","operstate":"DOWN","group":"0","txqlen":1000,"link_type":"[1]","address":"2a:e4:5c:71:aa:ee","broadcast":"ff:ff:ff:ff:ff:ff","addr_info":[{"family":"inet","local":"10.9.9.1","address":"10.9.9.2","prefixlen":32,"scope":"0","label":"v1","valid_life_time":4294967295,"preferred_life_time":4294967295},{"family":"inet6","local":"fe80::28e4:5cff:fe71:aaee","prefixlen":64,"scope":"253","tentative":true,"valid_life_time":4294967295,"preferred_life_time":4294967295}]}]`;
const ROUTES = `[{"type":"7","dst":"10.3.0.0/16","table":"77","flags":[]},{"dst":"default","gateway":"192.168.8.1","dev":"v0","protocol":"16","metric":100,"flags":[],"metrics":[{"mtu":1400}]},{"dst":"10.1.0.0/16","flags":[],"nexthops":[{"gateway":"192.168.8.3","dev":"v0","weight":1,"flags":[]},{"dev":"v1","weight":1,"flags":[]}]},{"dst":"10.4.0.0/16","via":{"family":"inet6","host":"fe80::5"},"dev":"v0","flags":[]},{"type":"2","dst":"10.9.9.1","dev":"v1","table":"255","protocol":"2","scope":"254","prefsrc":"10.9.9.1","flags":[]}]`;
const RULES = `[{"priority":0,"src":"all","table":"255"},{"priority":720,"src":"all","fwmark":"0x1c20","table":"7200","protocol":"72"},{"priority":721,"src":"all","fwmark":"0x1c20","action":"7","protocol":"72"},{"priority":722,"src":"192.168.8.2","table":"254","suppress_prefixlen":1,"protocol":"72"}]`;

describe("The devices that ip prints", () => {
  it("tell name, carrier, MTU and addresses", () => {
    const [loopback, cable] = parseDevices(ADDRESSES);

    assert.equal(loopback?.hasCarrier, true);
    assert.deepEqual(
      { ...cable, addresses: [] },
      {
        name: "v1",
        index: 2,
        isUp: true,
        hasCarrier: false,
        isPointToPoint: false,
        mtu: 1500,
        queueLength: 1000,
        addresses: [],
      },
    );
    assert.deepEqual(cable?.addresses, [
      {
        family: 4,
        address: "10.9.9.1",
        prefixLength: 32,
        peer: "10.9.9.2",
        isGlobal: true,
        isUsable: true,
        isTemporary: false,
      },
      {
        family: 6,
        address: "fe80::28e4:5cff:fe71:aaee",
        prefixLength: 64,
        peer: null,
        isGlobal: false,
        isUsable: false,
        isTemporary: false,
      },
    ]);
  });

  it("are none where ip prints nothing", () => {
    assert.deepEqual(parseDevices(""), []);
    assert.deepEqual(parseDevices("[{},{}]"), []);
  });

  it("are an error, not a guess, where ip prints something else", () => {
    assert.throws(() => parseDevices(`{"oops":1}`), /EPROTO: this iproute2 prints an unknown form/);
  });
});

describe("The routes that ip prints", () => {
  it("are the unicast routes, one for each way", () => {
    const routes = parseRoutes(ROUTES, 4).map(({ destination, gateway, device }) => [destination, gateway, device]);

    assert.deepEqual(routes, [
      ["default", "192.168.8.1", "v0"],
      ["10.1.0.0/16", "192.168.8.3", "v0"],
      ["10.1.0.0/16", null, "v1"],
      ["10.4.0.0/16", "fe80::5", "v0"],
    ]);
  });

  it("tell table, protocol, metric and MTU", () => {
    const [route] = parseRoutes(ROUTES, 4);

    assert.deepEqual([route?.table, route?.protocol, route?.metric, route?.mtu], ["254", "16", 100, 1400]);
  });
});

describe("The rules that ip prints", () => {
  it("tell mark, source, table and what is passed over", () => {
    const rules = parseRules(RULES, 4);

    assert.deepEqual(
      rules.map((rule) => [rule.priority, rule.mark, rule.source, rule.table, rule.suppressPrefixLength]),
      [
        [0, null, null, "255", null],
        [720, 7200, null, "7200", null],
        [721, 7200, null, null, null],
        [722, null, "192.168.8.2", "254", 1],
      ],
    );
  });
});
