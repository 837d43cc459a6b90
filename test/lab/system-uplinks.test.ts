import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { UplinkRequest } from "../../shared/runtime/system/uplink-plan.ts";
import { differingLines } from "./system-differences.ts";
import { Agent } from "./system-orders.ts";
import { hostSnapshot } from "./toolkit/host-snapshot.ts";
import { Lab } from "./toolkit/lab.ts";
import type { Namespace } from "./toolkit/namespace.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { waitUntil } from "./toolkit/wait.ts";

const SERVER = "203.0.113.1";
const SERVER6 = "2001:db8:113::1";
const FIRST_MARK = 7200;
const STICK: UplinkRequest = { name: "stick", index: 0, device: "lte0", remotes: [SERVER] };
const OTHER: UplinkRequest = { name: "other", index: 1, device: "lte1", remotes: [SERVER] };

// Two LTE sticks as they come: the same network and the same address on both. The server is beyond either of them, and
// says by its TTL which way a packet went.
describe("The uplinks of a client", { skip: missingForLab(["flock"]), timeout: 120_000 }, () => {
  let lab: Lab;
  let router: Namespace;
  let providers: Namespace[];
  let agent: Agent;
  let count = 0;

  before(async () => {
    lab = await Lab.create();
  });

  after(async () => {
    await lab.close();
  });

  beforeEach(async () => {
    count++;
    router = await lab.namespace(`router${count}`);
    await router.ip("tuntap add hawser0 mode tun", "link set hawser0 up");
    providers = [];
    for (const line of [0, 1]) {
      const provider = await lab.namespace(`isp${count}-${line}`);
      await provider.ip(`address add ${SERVER}/32 dev lo`, `address add ${SERVER6}/128 dev lo`);
      await provider.sysctl({
        "net.ipv4.ip_default_ttl": `${41 + line}`,
        "net.ipv6.conf.default.hop_limit": `${41 + line}`,
      });
      await lab.connect(
        {
          namespace: router,
          device: `lte${line}`,
          addresses: ["192.168.8.100/24", `2001:db8:${line + 1}::2/64`],
        },
        { namespace: provider, device: "cable", addresses: ["192.168.8.1/24", `2001:db8:${line + 1}::1/64`] },
      );
      providers.push(provider);
    }
    await router.ip("route add default via 192.168.8.1 dev lte0 metric 100 proto dhcp");
    await router.ip("route add default via 192.168.8.1 dev lte1 metric 200 proto dhcp");
    agent = new Agent(lab, router);
  });

  afterEach(async () => {
    await agent.crash();
  });

  async function follow(...links: readonly UplinkRequest[]): Promise<void> {
    await agent.open(lab, "hawser0");
    await agent.obey({ do: "follow uplinks", links, tunnelDevice: "hawser0" });
    for (const { name } of links) await nextEvent(name, 0, "available");
  }

  async function nextEvent(link: string, seen: number, state: string): Promise<void> {
    await agent.event(`${link} is ${state}`, seen, (event) => {
      return event.link === link && (event.kind === "available" ? "available" : event.reason) === state;
    });
  }

  async function assertLine(mark: number, line: number, server = SERVER): Promise<void> {
    const output = await router.run("ping", "-c", "1", "-W", "2", "-m", String(mark), server);
    assert.match(output, new RegExp(`ttl=${41 + line}\\b`), output);
  }

  async function assertEachByItsOwn(): Promise<void> {
    await assertLine(FIRST_MARK, 0);
    await assertLine(FIRST_MARK + 1, 1);
  }

  it("carry the packets of their link, with the default route on another line, in the tunnel or nowhere", async () => {
    await follow(STICK, OTHER);

    await assertEachByItsOwn();
    await agent.obey({
      do: "set up a tunnel",
      request: { device: "hawser0", addresses: ["10.44.43.2/24"], mtu: 1420, isDefaultRoute: true },
    });
    await assertEachByItsOwn();
  });

  it("are found without a default route in the main table, by the gateway that was given", async () => {
    await router.ip("route del default dev lte0", "route del default dev lte1");

    await follow({ ...STICK, gateway: "192.168.8.1" }, { ...OTHER, gateway: "192.168.8.1" });

    await assertEachByItsOwn();
  });

  it("get answers where strict reverse path filtering is on, and leave it so", async () => {
    await router.sysctl({ "net.ipv4.conf.lte0.rp_filter": "1", "net.ipv4.conf.lte1.rp_filter": "1" });
    const untouched = await hostSnapshot(router);

    await follow(STICK, OTHER);

    await assertEachByItsOwn();
    await agent.obey({ do: "close" });
    assert.deepEqual(differingLines(untouched, await hostSnapshot(router)), []);
  });

  it("carry IPv6 as well, by the gateway of the line's default route", async () => {
    await router.ip6("route add default via 2001:db8:1::1 dev lte0 metric 100");
    await router.ip6("route add default via 2001:db8:2::1 dev lte1 metric 200");

    await follow({ ...STICK, remotes: [SERVER6] }, { ...OTHER, remotes: [SERVER6] });

    await assertLine(FIRST_MARK, 0, SERVER6);
    await assertLine(FIRST_MARK + 1, 1, SERVER6);
  });

  it("may share a device with two gateways", async () => {
    await follow(STICK, { ...OTHER, device: "lte0", gateway: "192.168.8.254" });

    assert.match(await router.run("ip", "route", "get", SERVER, "mark", "7200"), /via 192\.168\.8\.1 dev lte0/);
    assert.match(await router.run("ip", "route", "get", SERVER, "mark", "7201"), /via 192\.168\.8\.254 dev lte0/);
  });

  it("use an operator's own table as it is", async () => {
    await router.ip("route add default via 192.168.8.7 dev lte1 table 100");

    await follow({ ...OTHER, table: "100", mark: 0x99 });

    assert.match(await router.run("ip", "route", "get", SERVER, "mark", "0x99"), /via 192\.168\.8\.7 dev lte1/);
  });

  it("are found by a local address, or else by the default route", async () => {
    await router.ip("address add 192.168.8.101/24 dev lte1");

    await follow({ name: "by address", index: 0, address: "192.168.8.101" }, { name: "default", index: 1 });

    const devices = agent.events.map((event) => (event.kind === "available" ? event.socket.device : event.reason));
    assert.deepEqual(devices, ["lte1", "lte0"]);
  });

  it("tell that the carrier was lost and came back, and keep the link's packets off other lines meanwhile", async () => {
    await follow(STICK, OTHER);

    await providers[0]?.ip("link set cable down");
    await nextEvent("stick", 2, "no carrier");

    await assert.rejects(router.run("ip", "route", "get", SERVER, "mark", "7200"), /unreachable/);
    await assertLine(FIRST_MARK + 1, 1);
    await providers[0]?.ip("link set cable up");
    await nextEvent("stick", 3, "available");
    await assertEachByItsOwn();
  });

  it("tell of an address that went and of the one that came", async () => {
    await follow(STICK);

    await router.ip("address del 192.168.8.100/24 dev lte0");
    await nextEvent("stick", 1, "no address");
    await router.ip("address add 192.168.8.150/24 dev lte0", "route add default via 192.168.8.1 dev lte0");
    await nextEvent("stick", 2, "available");

    const last = agent.events.at(-1);
    assert.equal(last?.kind === "available" && last.socket.address4, "192.168.8.150");
    await assertLine(FIRST_MARK, 0);
  });

  it("tell of a device that was switched off, unplugged and plugged in again", async () => {
    await follow(STICK);

    await router.ip("link set lte0 down");
    await nextEvent("stick", 1, "device down");
    await router.ip("link del lte0");
    await nextEvent("stick", 2, "device missing");
    const [namespace] = providers;
    assert.ok(namespace);
    await lab.connect(
      { namespace: router, device: "lte0", addresses: ["192.168.8.100/24"] },
      { namespace, device: "cable", addresses: ["192.168.8.1/24"] },
    );
    await router.ip("route add default via 192.168.8.1 dev lte0 metric 50");
    await nextEvent("stick", 3, "available");

    await assertLine(FIRST_MARK, 0);
  });

  it("get their routes back when a device goes down and up too fast to be told", async () => {
    await follow(STICK);

    await router.ip(
      "link set lte0 down",
      "link set lte0 up",
      "route add default via 192.168.8.1 dev lte0 metric 100",
    );

    await waitUntil("the link's table is complete", 10_000, async () => {
      return (await router.run("ip", "route", "show", "table", "all")).includes(
        "default via 192.168.8.1 dev lte0 table 7200",
      );
    });
    await assertLine(FIRST_MARK, 0);
  });

  it("leave the host as it was at the end, and at the next start after a crash", async () => {
    const untouched = await hostSnapshot(router);
    await follow(STICK, OTHER);
    await agent.obey({ do: "close" });
    assert.deepEqual(differingLines(untouched, await hostSnapshot(router)), []);
    await agent.crash();
    agent = new Agent(lab, router);
    await follow(STICK, OTHER);
    await agent.crash();

    agent = new Agent(lab, router);
    await agent.open(lab, "hawser0");

    assert.deepEqual(differingLines(untouched, await hostSnapshot(router)), []);
  });

  it("take nothing from a second client on the host", async () => {
    await follow(STICK);
    const second = new Agent(lab, router);
    await second.open(lab, "hawser1");

    await second.obey({ do: "follow uplinks", links: [{ ...OTHER, index: 0 }], tunnelDevice: "hawser1" });
    const event = await second.event("other is available", 0, (one) => one.kind === "available");

    assert.equal(event.kind === "available" && event.socket.mark, FIRST_MARK + 64);
    await assertLine(FIRST_MARK, 0);
    await assertLine(FIRST_MARK + 64, 1);
    await second.obey({ do: "close" });
    await assertLine(FIRST_MARK, 0);
    await second.crash();
  });
});
