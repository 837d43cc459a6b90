import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { requestScheduler } from "../../shared/observe/control-client.ts";
import { SCHEDULERS } from "../../shared/protocol/scheduler/schedulers.ts";
import { startBondedHome } from "./toolkit/bonded-home.ts";
import { runCall } from "./toolkit/calls.ts";
import { type Daemon, runHawser } from "./toolkit/daemon.ts";
import { evenLine, type HomeNetwork } from "./toolkit/home-network.ts";
import type { Lab } from "./toolkit/lab.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { finished, startDownload } from "./toolkit/transfers.ts";
import type { Tunnel } from "./toolkit/tunnel.ts";

const LINES = [evenLine("dsl", 20, 10), evenLine("lte", 10, 25)];
const SECONDS = 12;
// To each scheduler, back to the first and on again, a switch a second.
const SWITCHES = [...SCHEDULERS.slice(1), "earliest-arrival", "redundant", "earliest-arrival"] as const;

describe("A scheduler", { skip: missingForLab(), timeout: 120_000 }, () => {
  let lab: Lab;
  let network: HomeNetwork;
  let tunnel: Tunnel;

  before(async () => {
    ({ lab, network, tunnel } = await startBondedHome(LINES));
  });

  after(async () => {
    await lab.close();
  });

  it("is switched on both ends under a download and a call, and neither misses anything", async (context) => {
    const { server, client } = tunnel;
    const download = startDownload(lab, network.home, SECONDS);
    const call = runCall(lab, network.home, network.web, SECONDS - 1);
    const seen: (string | undefined)[] = [];

    for (const [index, name] of SWITCHES.entries()) {
      await download.line(new RegExp(`^second ${index + 3}:`));
      for (const daemon of [server, client]) await runHawser("scheduler", name, "--interface", daemon.socket);
      seen.push(await schedulerOf(server));
    }

    // A reset would end it early; TCP's stream is complete or not at all.
    const { longestGapMs, tenths } = await finished(download, SECONDS);
    const { down, up } = await call;
    context.diagnostic(`call: ${JSON.stringify({ down, up })}`);
    context.diagnostic(`longest gap ${longestGapMs.toFixed(0)} ms; bytes by tenths ${tenths.join(" ")}`);
    assert.deepEqual(seen, SWITCHES);
    assert.ok(longestGapMs < 1000, `nothing arrived for ${longestGapMs} ms`);
    for (const { sent, heard } of [down, up]) assert.equal(heard, sent);
    for (const { process } of [server, client]) {
      assert.match(process.output, /"scheduler":"weighted","before":"earliest-arrival".*the scheduler was switched/);
    }
  });

  it("of one client is switched alone, and all later bundles get the one set for all", async () => {
    const { server, client } = tunnel;
    const [name = ""] = (await requestScheduler(server.socket)).bundles.map((bundle) => bundle.name);
    const one = await requestScheduler(server.socket, { bundle: name, to: "weighted" });
    const nobody = await requestScheduler(server.socket, { bundle: "nobody", to: "redundant" });
    await requestScheduler(server.socket, { to: "failover" });
    await requestScheduler(server.socket, { bundle: name, to: "redundant" });

    await client.stop();
    client.start();
    await Promise.all([client, server].map((daemon) => daemon.untilUp(LINES.length)));

    assert.deepEqual(one.bundles, [{ name, scheduler: "weighted", before: "earliest-arrival" }]);
    assert.equal(one.newBundles, "earliest-arrival");
    assert.deepEqual(nobody.bundles, []);
    assert.equal(await schedulerOf(server), "failover");
    assert.equal(await schedulerOf(client), "earliest-arrival");
  });
});

async function schedulerOf(daemon: Daemon): Promise<string | undefined> {
  return (await daemon.status()).bundles[0]?.scheduler;
}
