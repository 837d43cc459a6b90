import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, afterEach, before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Daemon } from "./toolkit/daemon.ts";
import { buildHomeNetwork, evenLine, type HomeNetwork } from "./toolkit/home-network.ts";
import { hostSnapshot } from "./toolkit/host-snapshot.ts";
import { Lab } from "./toolkit/lab.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { prepareTunnel, startTunnel, type Tunnel } from "./toolkit/tunnel.ts";
import { waitUntil } from "./toolkit/wait.ts";

const LINES = [evenLine("dsl", 20, 5), evenLine("lte", 20, 5)];
const START_STEPS = 24;
const START_STEP_MS = 50;
const ROLES = ["client", "server"] as const;

describe("A daemon", { skip: missingForLab(), timeout: 240_000 }, () => {
  let lab: Lab;
  let network: HomeNetwork;
  let tunnel: Tunnel;
  let untouched: readonly string[];

  const hosts = async (): Promise<readonly string[]> =>
    await Promise.all([hostSnapshot(network.router), hostSnapshot(network.vps)]);

  before(async () => {
    lab = await Lab.create();
    network = await buildHomeNetwork(lab, LINES);
    tunnel = await prepareTunnel(lab, network, LINES);
    untouched = await hosts();
  });

  afterEach(async () => {
    for (const role of ROLES) await end(tunnel[role]);
    const now = await hosts();
    for (const [index, text] of now.entries()) assert.equal(text, untouched[index]);
  });

  after(async () => {
    await lab.close();
  });

  for (const [stopped, told] of [
    ["client", "server"],
    ["server", "client"],
  ] as const) {
    it(`tells the other end within 100 ms when the ${stopped} stops`, async (context) => {
      let fastest = Number.POSITIVE_INFINITY;
      // A busy machine may hold up a process for longer than that, but hardly each time.
      for (let attempt = 0; attempt < 3 && fastest >= 100; attempt++) {
        await startTunnel(tunnel, LINES.length);
        fastest = Math.min(fastest, await timeToTell(tunnel[stopped], tunnel[told]));
        await end(tunnel[told]);
      }

      context.diagnostic(`told after ${fastest.toFixed(0)} ms`);
      assert.ok(fastest < 100, `it was told after ${fastest} ms`);
    });
  }

  it("ends in order by SIGINT, however often it comes", async () => {
    await startTunnel(tunnel, LINES.length);

    for (const role of ROLES) tunnel[role].process.signal("SIGINT");
    for (const role of ROLES) tunnel[role].process.signal("SIGINT");

    for (const role of ROLES) assert.deepEqual(await tunnel[role].process.end(10_000), { code: 0, signal: null });
  });

  it("leaves nothing behind when it is stopped at any moment of its start", async () => {
    for (let step = 0; step < START_STEPS; step++) {
      for (const role of ROLES) tunnel[role].start();
      await pause(step * START_STEP_MS);
      for (const role of ROLES) tunnel[role].process.signal("SIGTERM");

      for (const role of ROLES) {
        const { code, signal } = await tunnel[role].process.end(10_000);
        // Before it listens for signals it has done nothing and is simply ended by them.
        assert.ok(code === 0 || signal === "SIGTERM" || code === 143, tunnel[role].process.output);
        assert.doesNotMatch(tunnel[role].process.output, /hawser: |error/i);
      }
      const now = await hosts();
      for (const [index, text] of now.entries()) assert.equal(text, untouched[index]);
    }
  });

  for (const role of ROLES) {
    it(`ends with one clear message when somebody removes the ${role}'s interface`, async () => {
      await startTunnel(tunnel, LINES.length);

      await (role === "client" ? network.router : network.vps).ip("link delete hawser0");

      const daemon = tunnel[role].process;
      assert.deepEqual(await daemon.end(10_000), { code: 1, signal: null });
      const messages = daemon.lines.filter((line) => line.startsWith("hawser: "));
      assert.equal(messages.length, 1, daemon.output);
      assert.match(messages[0] ?? "", /^hawser: read from the interface hawser0: EBADFD: somebody has removed it$/);
    });
  }

  it("still follows its uplinks when its monitor of the kernel's messages was killed", async () => {
    await startTunnel(tunnel, LINES.length);
    for (const pid of monitorsOf(tunnel.client.process.pid)) process.kill(pid, "SIGKILL");

    await network.router.ip("link set wan2 down");
    await waitUntil("the client has lost an uplink", 5000, async () => {
      const [bundle] = (await tunnel.client.status()).bundles;
      return bundle?.links.find(({ name }) => name === "lte")?.reason === "device down";
    });
    await network.router.ip(
      "link set wan2 up",
      "address replace 2001:db8:64:2::2/64 dev wan2",
      "route replace default via 100.64.2.1 metric 200",
      "route replace ::/0 via 2001:db8:64:2::1 metric 200",
    );

    await tunnel.client.untilUp(LINES.length);
  });
});

async function end(daemon: Daemon): Promise<void> {
  if (daemon.process.exit === undefined) await daemon.stop();
}

async function timeToTell(stopped: Daemon, told: Daemon): Promise<number> {
  stopped.process.signal("SIGTERM");
  const startedAt = performance.now();
  while (await hasLinkUp(told)) assert.ok(performance.now() - startedAt < 1000, "it was not told");
  const elapsed = performance.now() - startedAt;
  assert.equal((await stopped.process.end(10_000)).code, 0);
  return elapsed;
}

async function hasLinkUp(daemon: Daemon): Promise<boolean> {
  const { bundles } = await daemon.status();
  return bundles.some(({ links }) => links.some(({ state }) => state === "up"));
}

/** The `ip monitor` processes that a process has started. */
function monitorsOf(parent: number): number[] {
  const isMonitor = (pid: string): boolean => {
    try {
      const status = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
      return fields[1] === String(parent) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("monitor");
    } catch {
      return false;
    }
  };
  return readdirSync("/proc").filter(isMonitor).map(Number);
}
