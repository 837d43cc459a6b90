import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { buildHomeNetwork, evenLine, type HomeNetwork, WEB_ADDRESS } from "./toolkit/home-network.ts";
import { hostSnapshot } from "./toolkit/host-snapshot.ts";
import { Lab } from "./toolkit/lab.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { finished, startDownload, startWebServer } from "./toolkit/transfers.ts";
import { prepareTunnel, startTunnel, type Tunnel } from "./toolkit/tunnel.ts";

const LINES = [evenLine("dsl", 20, 5), evenLine("lte", 20, 5)];
const SECONDS = 8;

// A server that ends by SIGTERM takes its NAT table with it, as it found the host without one; what the internet still
// sends to its clients, the host's own TCP then answers with a reset. So a new start is announced by SIGUSR2.
describe("A TCP download", { skip: missingForLab(), timeout: 180_000 }, () => {
  let lab: Lab;
  let network: HomeNetwork;
  let tunnel: Tunnel;
  let untouched: string;

  before(async () => {
    lab = await Lab.create();
    network = await buildHomeNetwork(lab, LINES);
    untouched = await hostSnapshot(network.vps);
    await startWebServer(lab, network.web);
    tunnel = await prepareTunnel(lab, network, LINES);
    await startTunnel(tunnel, LINES.length);
  });

  after(async () => {
    await lab.close();
  });

  for (const [role, signal] of [
    ["client", "SIGTERM"],
    ["client", "SIGKILL"],
    ["server", "SIGUSR2"],
    ["server", "SIGKILL"],
  ] as const) {
    it(`outlives a new start of the ${role} after ${signal}`, async (context) => {
      await tunnel.client.untilRouting(WEB_ADDRESS);
      const download = startDownload(lab, network.home, SECONDS);
      await download.line(/^second 1:/);

      tunnel[role].process.signal(signal);
      await tunnel[role].process.end(10_000);
      tunnel[role].start();

      const { longestGapMs } = await finished(download, SECONDS);
      context.diagnostic(`longest gap ${longestGapMs.toFixed(0)} ms`);
    });
  }

  it("leaves nothing on the server's host after a last stop, whatever stops came before", async () => {
    await tunnel.client.stop();
    await tunnel.server.stop();

    assert.equal(await hostSnapshot(network.vps), untouched);
  });
});
