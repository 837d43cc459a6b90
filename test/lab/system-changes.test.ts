import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { HostChange } from "../../shared/runtime/system/host-change.ts";
import { differingLines } from "./system-differences.ts";
import { Agent } from "./system-orders.ts";
import { hostSnapshot } from "./toolkit/host-snapshot.ts";
import { Lab } from "./toolkit/lab.ts";
import type { Namespace } from "./toolkit/namespace.ts";
import { missingForLab } from "./toolkit/requirements.ts";

const TUNNEL = {
  device: "hawser0",
  addresses: ["10.44.43.2/24", "fd44::2/64"],
  mtu: 1420,
  isDefaultRoute: true,
  routes: ["172.20.0.0/16", "2001:db8:20::/48"],
};
const NAT = {
  tunnelDevice: "hawser0",
  prefixes: ["10.44.43.0/24", "fd44::/64"],
  masquerades: true,
  isolatesClients: true,
};
const FORWARDING: HostChange = { kind: "setting", name: "net/ipv4/ip_forward", value: "1" };

describe("The changes of a host", { skip: missingForLab(["flock"]), timeout: 120_000 }, () => {
  let lab: Lab;
  let internet: Namespace;
  let host: Namespace;
  let untouched: string;
  const agents: Agent[] = [];

  function start(): Agent {
    const agent = new Agent(lab, host);
    agents.push(agent);
    return agent;
  }

  async function assertUntouched(): Promise<void> {
    assert.deepEqual(differingLines(untouched, await hostSnapshot(host)), []);
  }

  before(async () => {
    lab = await Lab.create();
    internet = await lab.namespace("internet");
  });

  after(async () => {
    await lab.close();
  });

  let count = 0;
  beforeEach(async () => {
    host = await lab.namespace(`host${count++}`);
    await host.ip("tuntap add hawser0 mode tun");
    await lab.connect(
      { namespace: host, device: "wan0", addresses: ["192.0.2.2/24"] },
      { namespace: internet, device: `host${count}`, addresses: [] },
    );
    await host.ip("route add default via 192.0.2.1 dev wan0 proto dhcp");
    // A host that refuses redirects, and that forwards on one device: the kernel changes both along with ip_forward.
    await host.sysctl({ "net.ipv4.conf.all.accept_redirects": "0", "net.ipv6.conf.wan0.forwarding": "1" });
    untouched = await hostSnapshot(host);
  });

  afterEach(async () => {
    for (const agent of agents.splice(0)) await agent.crash();
    await assertUntouched();
  });

  it("set up a client's tunnel and take all of it back", async () => {
    const agent = start();
    await agent.open(lab, "hawser0");

    await agent.obey({ do: "set up a tunnel", request: TUNNEL });
    await agent.obey({
      do: "set up a client's firewall",
      device: "hawser0",
      addresses: TUNNEL.addresses,
      masquerades: true,
    });

    const routes = await host.run("ip", "route", "show", "dev", "hawser0");
    for (const route of ["0.0.0.0/1", "128.0.0.0/1", "172.20.0.0/16"]) assert.match(routes, new RegExp(route));
    assert.match(await host.run("ip", "-6", "route", "show", "dev", "hawser0"), /8000::\/1/);
    assert.match(await host.run("ip", "link", "show", "hawser0"), /mtu 1420 .* qlen 5000/);
    assert.match(
      await host.run("nft", "list", "ruleset"),
      /oifname "hawser0" ip saddr != 10.44.43.2 snat ip to 10.44.43.2/,
    );
    assert.deepEqual(await agent.obey({ do: "close" }), []);
  });

  it("set up a server's NAT and take all of it back, settings that the kernel changes along included", async () => {
    const agent = start();
    await agent.open(lab, "hawser0");

    await agent.obey({ do: "set up NAT", request: NAT });

    assert.equal((await host.run("sysctl", "-n", "net.ipv4.ip_forward")).trim(), "1");
    assert.equal((await host.run("sysctl", "-n", "net.ipv6.conf.all.forwarding")).trim(), "1");
    assert.match(await host.run("nft", "list", "ruleset"), /ip saddr 10.44.43.0\/24 masquerade/);
    assert.deepEqual(await agent.obey({ do: "close" }), []);
  });

  it("are undone at the next start after a crash", async () => {
    const crashed = start();
    await crashed.open(lab, "hawser0");
    await crashed.obey({ do: "set up a tunnel", request: TUNNEL });
    await crashed.obey({ do: "set up NAT", request: NAT });
    await crashed.crash();
    assert.notEqual(await hostSnapshot(host), untouched);

    const next = start();
    await next.open(lab, "hawser0");
    await next.obey({ do: "settle" });

    await assertUntouched();
    await next.obey({ do: "close" });
  });

  it("are undone after a crash that took the journal along, as far as they bear our number", async () => {
    const crashed = start();
    await crashed.obey({ do: "open", interfaceName: "hawser0", directory: join(lab.directory, `lost${count}`) });
    await crashed.obey({
      do: "apply",
      changes: [
        { kind: "rule", family: 4, priority: 720, mark: 7200, table: "7200" },
        { kind: "rule", family: 6, priority: 721, mark: 7200 },
        {
          kind: "route",
          family: 4,
          destination: "default",
          gateway: "192.0.2.1",
          device: "wan0",
          table: "7200",
        },
      ],
    });
    await crashed.obey({ do: "set up a client's firewall", device: "hawser0", addresses: [], masquerades: false });
    await crashed.crash();

    const next = start();
    await next.open(lab, "hawser0");
    await next.obey({ do: "settle" });

    await assertUntouched();
    await next.obey({ do: "close" });
  });

  it("keep the firewall of a crashed daemon until the new one is in place", async () => {
    const crashed = start();
    await crashed.open(lab, "hawser0");
    await crashed.obey({ do: "set up NAT", request: NAT });
    await crashed.crash();

    const next = start();
    await next.open(lab, "hawser0");

    assert.match(await host.run("nft", "list", "ruleset"), /masquerade/);
    await next.obey({ do: "set up NAT", request: NAT });
    await next.obey({ do: "settle" });
    assert.match(await host.run("nft", "list", "ruleset"), /masquerade/);
    await next.obey({ do: "close" });
  });

  it("leave a setting on while another daemon needs it, whichever ends first", async () => {
    const [first, second] = [start(), start()];
    await first.open(lab, "hawser0");
    await second.open(lab, "hawser1");
    await first.obey({ do: "apply", changes: [FORWARDING] });
    await second.obey({ do: "apply", changes: [FORWARDING] });

    await first.obey({ do: "close" });

    assert.equal((await host.run("sysctl", "-n", "net.ipv4.ip_forward")).trim(), "1");
    await second.obey({ do: "close" });
  });

  it("leave a setting that somebody else has changed meanwhile", async () => {
    const agent = start();
    await agent.open(lab, "hawser0");
    await agent.obey({
      do: "apply",
      changes: [{ kind: "setting", name: "net/ipv4/conf/wan0/rp_filter", value: "2" }],
    });
    await host.sysctl({ "net.ipv4.conf.wan0.rp_filter": "1" });

    await agent.obey({ do: "close" });

    assert.equal((await host.run("sysctl", "-n", "net.ipv4.conf.wan0.rp_filter")).trim(), "1");
    await host.sysctl({ "net.ipv4.conf.wan0.rp_filter": "0" });
  });

  it("are not made twice for one interface", async () => {
    const [first, second] = [start(), start()];
    await first.open(lab, "hawser0");

    await assert.rejects(second.open(lab, "hawser0"), /EBUSY: process \d+ runs it already/);

    await first.obey({ do: "close" });
  });

  it("take what is gone already for undone", async () => {
    const agent = start();
    await agent.open(lab, "hawser0");
    await agent.obey({ do: "set up a tunnel", request: TUNNEL });

    await host.ip("link del hawser0");

    assert.deepEqual(await agent.obey({ do: "close" }), []);
    await host.ip("tuntap add hawser0 mode tun");
    untouched = await hostSnapshot(host);
  });

  it("refuse to take a route away that somebody else made", async () => {
    const agent = start();
    await agent.open(lab, "hawser0");
    await host.ip("route add 172.20.0.0/16 via 192.0.2.9");

    await assert.rejects(agent.obey({ do: "set up a tunnel", request: TUNNEL }), /EEXIST: there is another route/);

    await agent.obey({ do: "close" });
    assert.match(await host.run("ip", "route", "show"), /172.20.0.0\/16 via 192.0.2.9/);
    await host.ip("route del 172.20.0.0/16 via 192.0.2.9");
  });

  it("replace resolv.conf and put it back byte for byte", async () => {
    const path = join(lab.directory, "resolv.conf");
    await writeFile(path, "# mine\nsearch example.net\nnameserver 192.0.2.53\n");
    const agent = start();
    await agent.obey({ do: "use resolver file", path });
    await agent.open(lab, "hawser0");

    await agent.obey({ do: "set up a tunnel", request: { ...TUNNEL, nameServers: ["10.44.43.1"] } });

    assert.match(await readFile(path, "utf8"), /^nameserver 10\.44\.43\.1\nsearch example\.net$/m);
    await agent.obey({ do: "close" });
    assert.equal(await readFile(path, "utf8"), "# mine\nsearch example.net\nnameserver 192.0.2.53\n");
  });

  it("put resolv.conf back after a power failure, which takes the journal along", async () => {
    const path = join(lab.directory, "resolv.conf");
    await writeFile(path, "nameserver 192.0.2.53\n");
    const crashed = start();
    await crashed.obey({ do: "use resolver file", path });
    await crashed.obey({ do: "open", interfaceName: "hawser0", directory: join(lab.directory, `off${count}`) });
    await crashed.obey({ do: "set up a tunnel", request: { ...TUNNEL, nameServers: ["10.44.43.1"] } });
    await crashed.crash();
    await host.ip("link del hawser0", "tuntap add hawser0 mode tun");

    const next = start();
    await next.obey({ do: "use resolver file", path });
    await next.open(lab, "hawser0");

    assert.equal(await readFile(path, "utf8"), "nameserver 192.0.2.53\n");
    await next.obey({ do: "close" });
    untouched = await hostSnapshot(host);
  });
});
