import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { buildHomeNetwork, evenLine, type HomeNetwork } from "./toolkit/home-network.ts";
import { hostSnapshot } from "./toolkit/host-snapshot.ts";
import { Lab } from "./toolkit/lab.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { prepareTunnel, startTunnel, type Tunnel } from "./toolkit/tunnel.ts";

const LINES = [evenLine("dsl", 20, 10), evenLine("lte", 20, 10)];

// In the lab a daemon's host is its namespace.
describe("The daemons' hosts", { skip: missingForLab(), timeout: 120_000 }, () => {
  let lab: Lab;
  let network: HomeNetwork;
  let tunnel: Tunnel;
  let untouched: Snapshots;

  before(async () => {
    lab = await Lab.create();
    network = await buildHomeNetwork(lab, LINES);
    tunnel = await prepareTunnel(lab, network, LINES);
    untouched = await snapshots(network);
  });

  after(async () => {
    await lab.close();
  });

  it("are changed by routes, rules and NAT while the daemons run", async () => {
    await startTunnel(tunnel, LINES.length);

    const running = await snapshots(network);

    assert.notEqual(running.router, untouched.router);
    assert.notEqual(running.vps, untouched.vps);
  });

  it("are as they were after SIGTERM", async () => {
    await tunnel.client.stop();
    await tunnel.server.stop();

    assertUntouched(await snapshots(network), untouched);
  });

  it("are as they were after SIGKILL, a new start and SIGTERM", async () => {
    await startTunnel(tunnel, LINES.length);
    await tunnel.client.kill();
    await tunnel.server.kill();
    await startTunnel(tunnel, LINES.length);
    await tunnel.client.stop();
    await tunnel.server.stop();

    assertUntouched(await snapshots(network), untouched);
  });

  it("are not touched by a dry run", async () => {
    for (const [namespace, role, daemon] of [
      [network.router, "client", tunnel.client],
      [network.vps, "server", tunnel.server],
    ] as const) {
      const plan = lab.startProgram(namespace, "shared/cli/main.js", [role, "-c", daemon.file, "--dry-run"]);
      assert.notEqual(await plan.success(10_000), "");
    }

    assertUntouched(await snapshots(network), untouched);
  });
});

type Snapshots = { readonly router: string; readonly vps: string };

async function snapshots({ router, vps }: HomeNetwork): Promise<Snapshots> {
  return { router: await hostSnapshot(router), vps: await hostSnapshot(vps) };
}

function assertUntouched(now: Snapshots, before: Snapshots): void {
  assert.equal(now.router, before.router);
  assert.equal(now.vps, before.vps);
}
