import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { startBondedHome } from "./toolkit/bonded-home.ts";
import type { Daemon } from "./toolkit/daemon.ts";
import { evenLine, type HomeNetwork, WEB_ADDRESS } from "./toolkit/home-network.ts";
import type { Lab } from "./toolkit/lab.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { finished, startDownload } from "./toolkit/transfers.ts";
import type { Tunnel } from "./toolkit/tunnel.ts";
import { waitUntil } from "./toolkit/wait.ts";

const LINES = [evenLine("dsl", 20, 10), evenLine("lte", 20, 10)];
// A tenth of a second of a line's rate: more than probes and handshakes send.
const USED_BYTES = 250_000;
const SIGNALS = { stop: "SIGTERM", kill: "SIGKILL" } as const;

describe("A bundle in trouble", { skip: missingForLab(), timeout: 180_000 }, () => {
  let lab: Lab;
  let network: HomeNetwork;
  let tunnel: Tunnel;

  before(async () => {
    ({ lab, network, tunnel } = await startBondedHome(LINES));
  });

  afterEach(async () => {
    for (const { name } of LINES) await network.relay.restore(name);
    await tunnel.client.untilUp(LINES.length);
  });

  after(async () => {
    await lab.close();
  });

  for (const { name } of LINES) {
    it(`goes on with a download within 1 s when ${name} is cut in silence, and uses it again within 3 s`, async (context) => {
      const download = startDownload(lab, network.home, 12);
      await download.line(/^second 3:/);
      await network.relay.cut(name);
      await download.line(/^second 6:/);
      const usedAgainAfter = await restoreUnderLoad(network, name);

      const { longestGapMs } = await finished(download, 12);

      context.diagnostic(
        `longest gap ${longestGapMs.toFixed(0)} ms; used again after ${usedAgainAfter.toFixed(0)} ms`,
      );
      assert.ok(longestGapMs <= 1000, `nothing arrived for ${longestGapMs} ms`);
    });
  }

  it("comes back by itself when every line was silent for a while", async () => {
    for (const { name } of LINES) await network.relay.cut(name);
    await waitUntil("the client has seen that no link is up", 15_000, async () =>
      (await tunnel.client.status()).bundles.every(({ links }) => links.every(({ state }) => state !== "up")),
    );
    for (const { name } of LINES) await network.relay.restore(name);

    await trafficGoesOn(network, tunnel, 5000);
  });

  for (const role of ["server", "client"] as const) {
    for (const end of ["stop", "kill"] as const) {
      it(`lets traffic go on within 3 s when the ${role} is started again after ${SIGNALS[end]}`, async (context) => {
        const daemon: Daemon = tunnel[role];
        const load = startDownload(lab, network.home, 60);
        await load.line(/^second 1:/);
        await daemon[end]();
        daemon.start();

        const afterMs = await trafficGoesOn(network, tunnel, 3000);

        load.signal("SIGTERM");
        context.diagnostic(`traffic went on ${afterMs.toFixed(0)} ms after the new start`);
        await tunnel.client.untilUp(LINES.length);
        await tunnel.client.untilRouting(WEB_ADDRESS);
        await finished(startDownload(lab, network.home, 1), 1);
      });
    }
  }

  // An orderly end takes the address translation away, and the VPS itself then answers the web server by a reset.
  it("keeps a TCP connection while the server is killed and started again", async (context) => {
    const download = startDownload(lab, network.home, 8);
    await download.line(/^second 2:/);
    await tunnel.server.kill();
    tunnel.server.start();

    const { longestGapMs } = await finished(download, 8);

    context.diagnostic(`longest gap ${longestGapMs.toFixed(0)} ms`);
    assert.ok(longestGapMs <= 5000, `nothing arrived for ${longestGapMs} ms`);
  });
});

async function restoreUnderLoad({ relay }: HomeNetwork, line: string): Promise<number> {
  const before = (await relay.counts(line)).down.delivered.bytes;
  const restoredAt = performance.now();
  await relay.restore(line);
  await waitUntil(`line ${line} carries traffic again`, 3000, async () => {
    return (await relay.counts(line)).down.delivered.bytes > before + USED_BYTES;
  });
  return performance.now() - restoredAt;
}

// Without the client's routes a ping would come back by a line's own. Probes are light, for they share the processor
// with the daemon that is starting.
async function trafficGoesOn({ home }: HomeNetwork, { client }: Tunnel, withinMs: number): Promise<number> {
  const startedAt = performance.now();
  await client.untilRouting(WEB_ADDRESS, withinMs);
  const ping = ["ping", "-q", "-c", "1", "-W", "0.3", WEB_ADDRESS] as const;
  await waitUntil("a ping comes back through the tunnel", withinMs, async () => await home.run(...ping));
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs <= withinMs, `traffic went on after ${tookMs} ms`);
  return tookMs;
}
