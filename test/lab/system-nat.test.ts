import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { forwardBlockersIn, type NatRequest } from "../../server/nat.ts";
import { differingLines } from "./system-differences.ts";
import { Agent } from "./system-orders.ts";
import { hostSnapshot } from "./toolkit/host-snapshot.ts";
import { Lab } from "./toolkit/lab.ts";
import type { Namespace } from "./toolkit/namespace.ts";
import { missingForLab } from "./toolkit/requirements.ts";

const TUNNEL_MTU = 1300;
const TCP_AND_IP_HEADERS = 40;
const NAT: NatRequest = {
  tunnelDevice: "hawser0",
  prefixes: ["10.44.43.0/24", "fd44::/64"],
  masquerades: true,
  isolatesClients: true,
};
// Says who came, and keeps the connection until the other end ends it.
const WEB = `require("net").createServer((peer) => peer.write(peer.remoteAddress + "\\n")).listen(80, () => console.log("listening"))`;
const ask = (server: string) =>
  `require("net").connect(80, "${server}").on("data", (data) => { process.stdout.write(data); process.exit(); })`;
const hold = (server: string) => `require("net").connect(80, "${server}").on("data", () => console.log("connected"))`;

// A cable stands for the tunnel: what our tables do depends on the device's name and MTU only.
describe("The address translation", { skip: missingForLab(["flock", "ss"]), timeout: 60_000 }, () => {
  let lab: Lab;
  let client: Namespace;
  let server: Namespace;
  let internet: Namespace;
  let lan: Namespace;

  before(async () => {
    lab = await Lab.create();
    client = await lab.namespace("client");
    server = await lab.namespace("server");
    internet = await lab.namespace("internet");
    lan = await lab.namespace("lan");
    await lab.connect(
      { namespace: client, device: "hawser0", addresses: ["10.44.43.2/24", "fd44::2/64"] },
      { namespace: server, device: "hawser0", addresses: ["10.44.43.1/24", "fd44::1/64"], mtu: TUNNEL_MTU },
    );
    await lab.connect(
      { namespace: server, device: "wan0", addresses: ["192.0.2.1/24", "2001:db8:2::1/64"] },
      { namespace: internet, device: "eth0", addresses: ["192.0.2.2/24", "2001:db8:2::2/64"] },
    );
    await lab.connect(
      { namespace: lan, device: "eth0", addresses: ["192.168.1.2/24"] },
      { namespace: client, device: "lan0", addresses: ["192.168.1.1/24"] },
    );
    await client.ip("route add default via 10.44.43.1");
    await client.ip6("route add default via fd44::1");
    await client.sysctl({ "net.ipv4.ip_forward": "1" });
    await lan.ip("route add default via 192.168.1.1");
    await lab.start(internet, process.execPath, ["-e", WEB]).line(/listening/);
  });

  after(async () => {
    await lab.close();
  });

  async function nameSeen(from: Namespace, address: string): Promise<string> {
    return (await from.run("timeout", "5", process.execPath, "-e", ask(address))).trim();
  }

  async function withNat(request: NatRequest, act: () => Promise<void>): Promise<void> {
    const untouched = await hostSnapshot(server);
    const agent = new Agent(lab, server);
    await agent.open(lab, "hawser0");
    await agent.obey({ do: "set up NAT", request });
    try {
      await act();
    } finally {
      await agent.obey({ do: "close" });
      await agent.crash();
    }
    assert.deepEqual(differingLines(untouched, await hostSnapshot(server)), []);
  }

  it("lets clients reach the internet from the server's address, IPv4 and IPv6", async () => {
    await withNat(NAT, async () => {
      assert.equal(await nameSeen(client, "192.0.2.2"), "::ffff:192.0.2.1");
      assert.equal(await nameSeen(client, "2001:db8:2::2"), "2001:db8:2::1");
    });
  });

  it("leaves the clients' addresses by any other device than the one that was given", async () => {
    await internet.ip("route add 10.44.43.0/24 via 192.0.2.1");

    await withNat({ ...NAT, outDevice: "other0" }, async () => {
      assert.equal(await nameSeen(client, "192.0.2.2"), "::ffff:10.44.43.2");
    });
    await internet.ip("route del 10.44.43.0/24 via 192.0.2.1");
  });

  it("lowers the MSS of both directions to what fits the tunnel", async () => {
    await withNat(NAT, async () => {
      await lab.start(client, process.execPath, ["-e", hold("192.0.2.2")]).line(/connected/);

      for (const end of [client, internet]) {
        const sockets = await end.run("ss", "-Htin", "state", "established");
        const mss = Number(/\bmss:(\d+)/.exec(sockets)?.[1]);
        assert.ok(mss > 0 && mss <= TUNNEL_MTU - TCP_AND_IP_HEADERS, `${end.name}: ${sockets}`);
      }
    });
  });

  it("keeps clients apart unless they may reach each other", async () => {
    // Two networks behind one client, with a way between them by the server only.
    const otherLan = await lab.namespace("other-lan");
    await lab.connect(
      { namespace: otherLan, device: "eth0", addresses: ["192.168.2.2/24"] },
      { namespace: client, device: "lan1", addresses: ["192.168.2.1/24"] },
    );
    await otherLan.ip("route add default via 192.168.2.1");
    await client.ip("rule add iif lan0 to 192.168.2.0/24 lookup 9", "route add default via 10.44.43.1 table 9");
    await server.ip("route add 192.168.2.0/24 via 10.44.43.2");
    const ping = () => lan.run("ping", "-c", "1", "-W", "1", "192.168.2.2");

    await withNat({ ...NAT, isolatesClients: false }, async () => {
      await ping();
    });
    await withNat(NAT, async () => {
      await assert.rejects(ping());
    });
  });

  it("gives what a LAN sends through a client the client's address", async () => {
    const agent = new Agent(lab, client);
    await agent.open(lab, "hawser0");
    await agent.obey({
      do: "set up a client's firewall",
      device: "hawser0",
      addresses: ["10.44.43.2/24"],
      masquerades: true,
    });

    await internet.ip("route add 10.44.43.0/24 via 192.0.2.1");
    await withNat({ ...NAT, masquerades: false }, async () => {
      assert.equal(await nameSeen(lan, "192.0.2.2"), "::ffff:10.44.43.2");
    });
    await agent.obey({ do: "close" });
  });

  it("names the chains of other firewalls that drop what is forwarded", async () => {
    await server.nft("table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }");

    const blockers = forwardBlockersIn(await server.run("nft", "-j", "list", "chains"));

    assert.deepEqual(blockers, ["ip filter FORWARD"]);
  });
});
