import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { LinkStatus } from "../../shared/observe/status-snapshot.ts";
import type { Daemon } from "./toolkit/daemon.ts";
import { buildHomeNetwork, evenLine, type HomeNetwork, WEB_ADDRESS } from "./toolkit/home-network.ts";
import { Lab } from "./toolkit/lab.ts";
import { Namespace } from "./toolkit/namespace.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { prepareTunnel, startTunnel, type Tunnel } from "./toolkit/tunnel.ts";
import { waitUntil } from "./toolkit/wait.ts";

const LINES = [evenLine("dsl", 20, 5), evenLine("lte", 20, 5)];
const DEFAULT_ROUTES = [
  "route replace default via 100.64.2.1 metric 200",
  "route replace ::/0 via 2001:db8:64:2::1 metric 200",
];

// What happens to the second line must not be felt on the first.
describe("A link", { skip: missingForLab(), timeout: 180_000 }, () => {
  let lab: Lab;
  let network: HomeNetwork;
  let tunnel: Tunnel;
  let provider: Namespace;

  before(async () => {
    lab = await Lab.create();
    network = await buildHomeNetwork(lab, LINES);
    provider = providerOf(network, 2);
    tunnel = await prepareTunnel(lab, network, LINES);
    await startTunnel(tunnel, LINES.length);
    await tunnel.client.untilRouting(WEB_ADDRESS);
  });

  after(async () => {
    await lab.close();
  });

  it("waits for a device that is gone, and takes one of the same name", async () => {
    await network.router.ip("link delete wan2");
    await untilLink(tunnel.client, "lte", ({ state, reason }) => state === "down" && reason === "device missing");
    await pingThroughTunnel(network);

    await lab.connect(
      { namespace: provider, device: "subscriber", addresses: ["100.64.2.1/24", "2001:db8:64:2::1/64"] },
      { namespace: network.router, device: "wan2", addresses: ["100.64.2.2/24", "2001:db8:64:2::2/64"] },
    );
    await network.router.ip(...DEFAULT_ROUTES);

    await untilLink(tunnel.client, "lte", ({ state }) => state === "up");
  });

  it("goes on from a new address that a lease has brought", async () => {
    await network.router.ip(
      "address delete 100.64.2.2/24 dev wan2",
      "address add 100.64.2.50/24 dev wan2",
      "route replace default via 100.64.2.1 metric 200",
    );

    await untilLink(tunnel.client, "lte", ({ state, local }) => state === "up" && local === "100.64.2.50%wan2");
    await untilLink(tunnel.server, "lte", ({ state, remote }) => state === "up" && hasHost(remote, "100.64.2.50"));
    await pingThroughTunnel(network);
  });

  it("says that its device has no carrier, and comes back with it", async () => {
    await provider.ip("link set subscriber down");
    await untilLink(tunnel.client, "lte", ({ state, reason }) => state === "down" && reason === "no carrier");
    await pingThroughTunnel(network);

    await provider.ip("link set subscriber up", "address replace 2001:db8:64:2::1/64 dev subscriber");

    await untilLink(tunnel.client, "lte", ({ state }) => state === "up");
  });

  it("follows its default route to another gateway without going down", async () => {
    await provider.ip("address add 100.64.2.254/24 dev subscriber");
    const before = await linkOf(tunnel.client, "lte");

    await network.router.ip("route replace default via 100.64.2.254 metric 200");

    await waitUntil("the link's table has the new gateway", 5000, async () =>
      (await network.router.run("ip", "route", "show", "table", "all")).includes(
        "default via 100.64.2.254 dev wan2 table 7201",
      ),
    );
    const now = await linkOf(tunnel.client, "lte");
    assert.equal(now?.state, "up");
    assert.ok((now?.stateAgeMs ?? 0) > (before?.stateAgeMs ?? 0), "it went down");
  });

  it("has neither rate-limited warnings nor errors to tell of all that", () => {
    // A device that goes with a packet under way may show as silence before the kernel tells of it.
    const lines = tunnel.client.process.lines.filter((line) => !line.includes("the link went silent"));
    assert.doesNotMatch(lines.join("\n"), /"level":"(warn|error|fatal)"/);
  });
});

function providerOf({ router }: HomeNetwork, line: number): Namespace {
  const name = `isp${line}`;
  return new Namespace(name, router.fullName.replace(/router$/, name));
}

async function linkOf(daemon: Daemon, name: string): Promise<LinkStatus | undefined> {
  const { bundles } = await daemon.status();
  return bundles.flatMap(({ links }) => links).find((link) => link.name === name);
}

async function untilLink(daemon: Daemon, name: string, isWanted: (link: LinkStatus) => boolean): Promise<LinkStatus> {
  let last: LinkStatus | undefined;
  return await waitUntil(`link ${name} is as wanted`, 10_000, async () => {
    last = await linkOf(daemon, name);
    return last !== undefined && isWanted(last) && last;
  }).catch((cause) => {
    throw new Error(`${cause.message}: ${JSON.stringify(last)}\n${daemon.process.output}`, { cause });
  });
}

const hasHost = (endpoint: string | null, host: string): boolean => endpoint?.startsWith(`${host}:`) === true;

async function pingThroughTunnel({ home }: HomeNetwork): Promise<void> {
  // The server finds out by itself that a line is dead, in about half a second; until then it may answer there.
  await home.run("ping", "-q", "-c", "10", "-i", "0.2", "-W", "1", WEB_ADDRESS);
}
