import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { LinkStatus } from "../../shared/observe/status-snapshot.ts";
import { ROOT } from "../support/checkout.ts";
import type { Daemon } from "./toolkit/daemon.ts";
import {
  buildHomeNetwork,
  evenLine,
  type HomeNetwork,
  VPS_ADDRESS,
  VPS_ADDRESS6,
  WEB_ADDRESS,
} from "./toolkit/home-network.ts";
import { Lab } from "./toolkit/lab.ts";
import { Namespace } from "./toolkit/namespace.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { finished, startDownload, startWebServer } from "./toolkit/transfers.ts";
import { prepareTunnel, startTunnel, type Tunnel, type TunnelOptions } from "./toolkit/tunnel.ts";
import { waitUntil } from "./toolkit/wait.ts";

const LINES = [evenLine("dsl", 20, 5), evenLine("lte", 20, 5)];
const SECOND_VPS_ADDRESS = "203.0.113.9";
const LOCAL_PORT = 5555;

describe("A bundle", { skip: missingForLab(["unshare"]), timeout: 240_000 }, () => {
  let lab: Lab;
  let network: HomeNetwork;
  let provider: Namespace;

  before(async () => {
    lab = await Lab.create();
  });

  afterEach(async () => {
    await lab.close();
    lab = await Lab.create();
  });

  after(async () => {
    await lab.close();
  });

  const build = async (options: TunnelOptions = {}): Promise<Tunnel> => {
    network = await buildHomeNetwork(lab, LINES);
    provider = new Namespace("isp2", network.router.fullName.replace(/router$/, "isp2"));
    return await prepareTunnel(lab, network, LINES, options);
  };

  it("joins a line of IPv4 and a line of IPv6, whose router has no IPv4 at all", async () => {
    const built = await build({ links: { lte: { remotehost: VPS_ADDRESS6 } } });
    await network.router.ip("address delete 100.64.2.2/24 dev wan2");

    await startTunnel(built, LINES.length);

    assert.match((await linkOf(built.server, "dsl"))?.remote ?? "", /^100\.64\.1\.2:\d+$/);
    assert.match((await linkOf(built.server, "lte"))?.remote ?? "", /^\[2001:db8:64:2::2\]:\d+$/);
    await pingThroughTunnel(network, built);
  });

  it("gets its answers from that address of the server which it asked", async () => {
    const built = await build({ links: { lte: { remotehost: SECOND_VPS_ADDRESS } } });
    await network.vps.ip(`address add ${SECOND_VPS_ADDRESS}/24 dev eth0`);

    await startTunnel(built, LINES.length);

    assert.equal((await linkOf(built.client, "dsl"))?.remote, `${VPS_ADDRESS}:5080`);
    assert.equal((await linkOf(built.client, "lte"))?.remote, `${SECOND_VPS_ADDRESS}:5080`);
    assert.equal((await linkOf(built.server, "lte"))?.local, SECOND_VPS_ADDRESS);
    assert.doesNotMatch(built.client.process.output, /address has changed/);
  });

  it("follows a NAT on the way that gives a link another port", async () => {
    const built = await build({ links: { lte: { bindport: LOCAL_PORT } } });
    await provider.nft(portMapping(40_001));
    await startTunnel(built, LINES.length);
    assert.match((await linkOf(built.server, "lte"))?.remote ?? "", /:40001$/);
    const download = await loadOn(lab, network, built);

    await provider.nft(`delete table ip rebinding\n${portMapping(40_002)}`);

    const link = await untilLink(built.server, "lte", ({ remote }) => remote?.endsWith(":40002") === true);
    assert.equal(link.state, "up");
    assert.ok((await finished(download, 4)).longestGapMs < 1000);
  });

  it("finds the MTU of a line whose ICMP messages are lost", async () => {
    const built = await build();
    await provider.ip("link set home2 mtu 1300", "link set inet2 mtu 1300");
    await provider.nft(`table ip silence {
      chain output { type filter hook output priority 0; ip protocol icmp drop; }
    }`);

    await startTunnel(built, LINES.length);

    await untilLink(built.client, "lte", ({ mtu }) => mtu > 1280 && mtu <= 1300);
    await untilLink(built.client, "dsl", ({ mtu }) => mtu === 1500);
    const download = await loadOn(lab, network, built);
    assert.ok((await finished(download, 4)).longestGapMs < 1000);
    assert.equal(await tunnelMtu(built.client), 1300 - 58);
  });

  it("sends smaller packets as soon as the server's own device takes no larger ones", async () => {
    const built = await build();
    await startTunnel(built, LINES.length);
    const download = await loadOn(lab, network, built, 8);

    await network.vps.ip("link set eth0 mtu 1400");

    // Once the tunnel's MTU is that of one line, packets fit the other's too, and nothing is refused there.
    await waitUntil("the tunnel's MTU has fallen", 3000, async () => (await tunnelMtu(built.server)) === 1400 - 58);
    assert.ok((await finished(download, 8)).longestGapMs < 1000);
  });

  it("goes on to the next address of a server's name when the first is dead", async () => {
    const built = await build({ client: { remotehost: "vps.example.net" } });
    const hosts = join(lab.directory, "hosts");
    writeFileSync(hosts, `203.0.113.99 vps.example.net\n${VPS_ADDRESS} vps.example.net\n`);
    built.server.start();
    const words = ["sh", "-c", `mount --bind ${hosts} /etc/hosts; exec "$@"`, "sh", process.execPath];
    const client = lab.start(
      network.router,
      "unshare",
      ["--mount", ...words, join(ROOT, "dist/shared/cli/main.js"), "client", "-c", built.client.file],
      { environment: { HAWSER_RUN_DIRECTORY: lab.directory } },
    );
    await client.line(/client started/);

    for (const { name } of LINES) {
      const link = await untilLink(built.server, name, ({ state }) => state === "up");
      assert.equal(link.state, "up");
    }
  });
});

/** Stateless, so that no connection tracking remembers the old port: what leaves gets the port, answers to it come in. */
function portMapping(port: number): string {
  return `table ip rebinding {
    chain out { type filter hook postrouting priority 0; oifname "home2" udp sport ${LOCAL_PORT} udp sport set ${port}; }
    chain in { type filter hook prerouting priority 0; iifname "home2" udp dport ${port} udp dport set ${LOCAL_PORT}; }
  }`;
}

async function loadOn(lab: Lab, network: HomeNetwork, { client }: Tunnel, seconds = 4) {
  await startWebServer(lab, network.web);
  await client.untilRouting(WEB_ADDRESS);
  const download = startDownload(lab, network.home, seconds);
  await download.line(/^second 1:/);
  return download;
}

async function pingThroughTunnel({ home }: HomeNetwork, { client }: Tunnel): Promise<void> {
  await client.untilRouting(WEB_ADDRESS);
  await home.run("ping", "-q", "-c", "3", "-i", "0.2", "-W", "1", WEB_ADDRESS);
}

async function tunnelMtu(daemon: Daemon): Promise<number | undefined> {
  return (await daemon.status()).bundles[0]?.mtu;
}

async function linkOf(daemon: Daemon, name: string): Promise<LinkStatus | undefined> {
  const { bundles } = await daemon.status();
  return bundles.flatMap(({ links }) => links).find((link) => link.name === name);
}

async function untilLink(daemon: Daemon, name: string, isWanted: (link: LinkStatus) => boolean): Promise<LinkStatus> {
  let last: LinkStatus | undefined;
  return await waitUntil(`link ${name} is as wanted`, 15_000, async () => {
    last = await linkOf(daemon, name);
    return last !== undefined && isWanted(last) && last;
  }).catch((cause) => {
    throw new Error(`${cause.message}: ${JSON.stringify(last)}\n${daemon.process.output}`, { cause });
  });
}
