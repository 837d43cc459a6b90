import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { requestExplanation } from "../../shared/observe/control-client.ts";
import type { ExplainedDecision } from "../../shared/observe/explanation.ts";
import { statusText } from "../../shared/observe/status-view.ts";
import { megabitsPerSecond } from "../../shared/protocol/units.ts";
import { startBondedHome } from "./toolkit/bonded-home.ts";
import { type Daemon, runHawser } from "./toolkit/daemon.ts";
import { evenLine, type HomeNetwork } from "./toolkit/home-network.ts";
import type { Lab } from "./toolkit/lab.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { finished, startDownload } from "./toolkit/transfers.ts";
import type { Tunnel } from "./toolkit/tunnel.ts";
import { waitUntil } from "./toolkit/wait.ts";

// The second line carries half of what its section says.
const LINES = [evenLine("dsl", 20, 5), evenLine("lte", 10, 15)];
const TOO_MUCH = { bandwidth_download: megabitsPerSecond(20) };

describe("A daemon that is asked why", { skip: missingForLab(), timeout: 120_000 }, () => {
  let lab: Lab;
  let network: HomeNetwork;
  let tunnel: Tunnel;

  before(async () => {
    ({ lab, network, tunnel } = await startBondedHome(LINES, { links: { lte: TOO_MUCH } }));
  });

  after(async () => {
    await lab.close();
  });

  it("says that a line carries half of what is configured, and how each line is used", async (context) => {
    const { server } = tunnel;
    const download = startDownload(lab, network.home, 8);

    const verdict = await untilDecided(server, "lte", ({ kind }) => kind === "configured rate");
    await download.line(/^second 7:/);
    const status = await server.status();

    await finished(download, 8);
    context.diagnostic(statusText(status, "verbose"));
    assert.match(verdict.text, /^configured 20\.0 Mbit\/s, the line carries [\d.]+ Mbit\/s: too high$/);
    assert.match(server.process.output, /"link":"lte".*the configured rate is too high/);
    const [dsl, lte] = status.bundles.flatMap(({ links }) => links);
    assert.ok(dsl !== undefined && lte !== undefined);
    assert.match(dsl.sendReason, /^nearest line, /);
    assert.match(lte.sendReason, /^[\d.]+ Mbit\/s of room, /);
    assert.equal(lte.rate.configuredIs, "too high");
  });

  it("says that a line was cut: silence, then no answer, then its return", async (context) => {
    const { server } = tunnel;
    const first = await untilDecided(server, "lte", ({ values }) => values["state"] === "up");
    const download = startDownload(lab, network.home, 8);
    await download.line(/^second 2:/);
    await network.relay.cut("lte");
    const silent = await untilDecided(server, "lte", ({ kind }) => kind === "silent");
    const gone = await untilDecided(server, "lte", ({ values }) => values["before"] === "up");
    await network.relay.restore("lte");
    const back = await untilDecided(
      server,
      "lte",
      ({ values, text }) => values["state"] === "up" && text !== first.text,
    );

    await finished(download, 8);
    const words = await runHawser("explain", "lte", "--interface", server.socket);
    context.diagnostic(words);
    assert.match(silent.text, /^silent: nothing was reported for \d+ ms; \d+ packets? under way/);
    assert.match(gone.text, /^probing, after .* up: no answer for [\d.]+ s$/);
    assert.match(back.text, /^up, after .* probing: the peer answers$/);
    for (const { text } of [silent, gone, back]) assert.ok(words.includes(text), words);
    assert.match(server.process.output, /"link":"lte".*the link went silent/);
  });
});

async function untilDecided(
  daemon: Daemon,
  link: string,
  isWanted: (decision: ExplainedDecision) => boolean,
): Promise<ExplainedDecision> {
  let known: readonly ExplainedDecision[] = [];
  return await waitUntil(`the daemon tells of ${link}`, 10_000, async () => {
    const { bundles } = await requestExplanation(daemon.socket, { link });
    known = bundles.flatMap(({ decisions }) => decisions);
    return known.findLast(isWanted);
  }).catch((cause) => {
    throw new Error(`${cause.message}; it told:\n${known.map(({ text }) => text).join("\n")}`, { cause });
  });
}
