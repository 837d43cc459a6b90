import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { buildHomeNetwork, evenLine, type HomeNetwork, WEB_ADDRESS } from "./toolkit/home-network.ts";
import { hostSnapshot } from "./toolkit/host-snapshot.ts";
import { Lab } from "./toolkit/lab.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { prepareTunnel, startTunnel, type Tunnel } from "./toolkit/tunnel.ts";
import { waitUntil } from "./toolkit/wait.ts";

const LINES = [evenLine("dsl", 20, 5), evenLine("lte", 20, 5)];
const STOP_LIMIT_MS = 8000;

describe("A status command", { skip: missingForLab(), timeout: 120_000 }, () => {
  let lab: Lab;
  let network: HomeNetwork;
  let tunnel: Tunnel;
  let untouched: string;
  let record: { readonly client: string; readonly server: string };
  let script: string;

  const calls = (role: "client" | "server"): string[] =>
    readFileSync(record[role], "utf8").split("\n").filter(Boolean);

  before(async () => {
    lab = await Lab.create();
    network = await buildHomeNetwork(lab, LINES);
    untouched = await hostSnapshot(network.router);
    record = { client: join(lab.directory, "client.calls"), server: join(lab.directory, "server.calls") };
    script = join(lab.directory, "client.sh");
    const scripts = { client: script, server: join(lab.directory, "server.sh") };
    for (const role of ["client", "server"] as const) {
      const values = '"$*" "$IP4" "$IP4_GATEWAY" "$IP4_ROUTES" "$DEVICE" "$MTU"';
      writeFileSync(record[role], "");
      writeFileSync(
        scripts[role],
        `#!/bin/sh\nprintf '%s|' ${values} >> ${record[role]}; echo >> ${record[role]}\n`,
        {
          mode: 0o700,
        },
      );
    }
    tunnel = await prepareTunnel(lab, network, LINES, {
      client: { statuscommand: scripts.client, routes: "172.16.0.0/12" },
      server: { statuscommand: scripts.server },
    });
    await startTunnel(tunnel, LINES.length);
    await tunnel.client.untilRouting(WEB_ADDRESS);
  });

  after(async () => {
    await lab.close();
  });

  it("is told of links and of the tunnel, with what it needs to know in its environment", async () => {
    await waitUntil("all has been told", 5000, () => calls("client").length >= 3 && calls("server").length >= 3);

    assert.deepEqual(eventsOf(calls("client")), ["rtun_up dsl", "rtun_up lte", "tuntap_up"]);
    assert.match(
      calls("client").find((call) => call.includes("tuntap_up")) ?? "",
      /^hawser0 tuntap_up\|10\.44\.43\.2\/24\|10\.44\.43\.1\|172\.16\.0\.0\/12\|hawser0\|1442\|$/,
    );
    assert.equal(eventsOf(calls("server"))[2], "tuntap_up");
    assert.match(calls("server")[0] ?? "", /^hawser0 tuntap_up\|10\.44\.43\.1\/24\|\|\|hawser0\|\d+\|$/);
  });

  it("is told when a link goes down and comes back, once each", async () => {
    await network.relay.cut("lte");
    await network.home.run("ping", "-q", "-i", "0.1", "-c", "20", WEB_ADDRESS).catch(() => "");
    await waitUntil("the end of the link was told", 15_000, () => calls("client").length >= 4);
    await network.relay.restore("lte");
    await waitUntil("its return was told", 15_000, () => calls("client").length >= 5);

    const [down, up] = calls("client")
      .slice(3)
      .map((call) => call.split("|")[0]);
    assert.deepEqual([down, up], ["hawser0 rtun_down lte", "hawser0 rtun_up lte"]);
  });

  it("holds up neither traffic nor the end when it hangs", async () => {
    writeFileSync(script, "#!/bin/sh\nsleep 100\n", { mode: 0o700 });
    await network.relay.cut("lte");
    await network.home.run("ping", "-q", "-i", "0.1", "-c", "30", WEB_ADDRESS).catch(() => "");
    await network.home.run("ping", "-q", "-i", "0.1", "-c", "5", "-W", "1", WEB_ADDRESS);

    const startedAt = performance.now();
    tunnel.client.process.signal("SIGTERM");
    await waitUntil("the host is as it was", 3000, async () => (await hostSnapshot(network.router)) === untouched);
    assert.equal((await tunnel.client.process.end(STOP_LIMIT_MS)).code, 0);

    assert.ok(performance.now() - startedAt < STOP_LIMIT_MS);
  });
});

/** The events and their links, sorted. */
function eventsOf(calls: readonly string[]): string[] {
  return calls.map((call) => (call.split("|")[0] ?? "").split(" ").slice(1).join(" ")).sort();
}
