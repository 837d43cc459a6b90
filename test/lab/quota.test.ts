import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { LinkStatus } from "../../shared/observe/status-snapshot.ts";
import { startBondedHome } from "./toolkit/bonded-home.ts";
import { evenLine, type HomeNetwork, WEB_ADDRESS } from "./toolkit/home-network.ts";
import type { Lab } from "./toolkit/lab.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { finished, startDownload } from "./toolkit/transfers.ts";
import type { Tunnel } from "./toolkit/tunnel.ts";
import { waitUntil } from "./toolkit/wait.ts";

const LINES = [evenLine("dsl", 20, 5), evenLine("lte", 20, 5)];
const QUOTA = { quota: "1 MB", quota_action: "off" };
const USED_UP = "quota used up";

describe("A quota", { skip: missingForLab(), timeout: 120_000 }, () => {
  let lab: Lab;
  let network: HomeNetwork;
  let tunnel: Tunnel;

  before(async () => {
    ({ lab, network, tunnel } = await startBondedHome(LINES, { links: { lte: QUOTA } }));
  });

  after(async () => {
    await lab.close();
  });

  it("takes the link down when it is used up, and the download goes on over the other", async () => {
    const download = startDownload(lab, network.home, 10);

    await untilLink(tunnel, "lte", ({ state, reason }) => state === "down" && reason === USED_UP);
    await untilLink(tunnel, "lte", ({ quota }) => quota !== undefined && quota.used > 1_000_000);

    const { bytes } = await finished(download, 10);
    assert.ok(bytes > 10_000_000, `${bytes} bytes`);
    assert.match(tunnel.client.process.output, /"allowed":"off".*the link's quota is used up/);
  });

  it("is used up after a restart too", async () => {
    await tunnel.client.stop();

    tunnel.client.start();

    await tunnel.client.untilUp(1);
    await untilLink(tunnel, "lte", ({ reason }) => reason === USED_UP);
    await network.home.run("ping", "-q", "-c", "3", "-i", "0.2", "-W", "1", WEB_ADDRESS);
  });
});

async function untilLink({ client }: Tunnel, name: string, isWanted: (link: LinkStatus) => boolean): Promise<void> {
  await waitUntil(`link ${name} is as wanted`, 10_000, async () => {
    const { bundles } = await client.status();
    return bundles.flatMap(({ links }) => links).some((link) => link.name === name && isWanted(link));
  }).catch((cause) => {
    throw new Error(`${cause.message}\n${client.process.output}`, { cause });
  });
}
