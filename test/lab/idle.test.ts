import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { cpuShares } from "./toolkit/cpu.ts";
import { buildHomeNetwork, evenLine } from "./toolkit/home-network.ts";
import { Lab } from "./toolkit/lab.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { prepareTunnel, startTunnel, type Tunnel } from "./toolkit/tunnel.ts";

const LINES = [evenLine("dsl", 20, 10), evenLine("lte", 20, 10)];
const START_UP_SECONDS = 3;
const SECONDS = 10;

describe("An idle daemon", { skip: missingForLab(), timeout: 60_000 }, () => {
  let lab: Lab;
  let tunnel: Tunnel;

  before(async () => {
    lab = await Lab.create();
    tunnel = await prepareTunnel(lab, await buildHomeNetwork(lab, LINES), LINES);
    await startTunnel(tunnel, LINES.length);
  });

  after(async () => {
    await lab.close();
  });

  it("uses less than 1 % of a core with its links up", async (context) => {
    const pids = [tunnel.client.process.pid, tunnel.server.process.pid];
    await cpuShares(pids, START_UP_SECONDS);

    const [client = 1, server = 1] = await cpuShares(pids, SECONDS);

    context.diagnostic(`client ${(client * 100).toFixed(2)} %, server ${(server * 100).toFixed(2)} %`);
    assert.ok(client < 0.01, `the client used ${client} of a core`);
    assert.ok(server < 0.01, `the server used ${server} of a core`);
  });
});
