import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { megabitsPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import {
  buildHomeNetwork,
  evenLine,
  type HomeNetwork,
  unevenLine,
  WEB_ADDRESS,
  WEB_ADDRESS6,
} from "./toolkit/home-network.ts";
import { hostSnapshot } from "./toolkit/host-snapshot.ts";
import { Lab } from "./toolkit/lab.ts";
import { plainCapacity } from "./toolkit/payload-capacity.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { addressSeenByServer, finished, startDownload, startUpload, startWebServer } from "./toolkit/transfers.ts";
import { rateBetween } from "./tools/transfer-meter.ts";

// The network of the main job without the product: what a home has today.
describe("The lab's home network", { skip: missingForLab(), timeout: 120_000 }, () => {
  let lab: Lab;
  let network: HomeNetwork;

  before(async () => {
    lab = await Lab.create();
    network = await buildHomeNetwork(lab, [evenLine("fast", 30, 10), unevenLine("slow", 12, 4, milliseconds(25))]);
    await startWebServer(lab, network.web);
  });

  after(async () => {
    await lab.close();
  });

  it("reaches the internet over the first line, from the router's address there", async () => {
    assert.equal(await addressSeenByServer(network.home), "100.64.1.2");
    assert.equal(await addressSeenByServer(network.home, WEB_ADDRESS6), "2001:db8:64:1::2");
  });

  it("answers a ping after the delay of both directions", async () => {
    const text = await network.home.run("ping", "-c", "5", "-i", "0.2", WEB_ADDRESS);

    // A busy machine makes single answers late, and none early.
    const [, least] = text.match(/= ([\d.]+)\//) ?? [];
    assert.ok(Math.abs(Number(least) - 20) < 2, text);
  });

  it("downloads at the rate of the line that it goes by", async (context) => {
    await withFirstLine(network, 2, async () => {
      const transfer = await finished(startDownload(lab, network.home, 4), 4);

      assertNearly(context, rateBetween(transfer, 2, 4), plainCapacity({ rate: megabitsPerSecond(12) }));
    });
    const transfer = await finished(startDownload(lab, network.home, 4), 4);

    assertNearly(context, rateBetween(transfer, 2, 4), plainCapacity({ rate: megabitsPerSecond(30) }));
  });

  it("uploads at the rate of the line that it goes by", async (context) => {
    const transfer = await finished(startUpload(lab, network.home, 4), 4);

    assertNearly(context, rateBetween(transfer, 2, 4), plainCapacity({ rate: megabitsPerSecond(30) }));
  });

  it("breaks the connections over a line that is cut", async () => {
    await network.relay.cut("fast");

    await assert.rejects(addressSeenByServer(network.home));
    await network.relay.restore("fast");
    assert.equal(await addressSeenByServer(network.home), "100.64.1.2");
  });

  it("has a snapshot that changes with a route and is back when the route is gone", async () => {
    const before = await hostSnapshot(network.router);
    await network.router.ip("route add 198.51.100.0/24 via 100.64.1.1");
    const meanwhile = await hostSnapshot(network.router);
    await network.router.ip("route delete 198.51.100.0/24");

    assert.notEqual(meanwhile, before);
    assert.equal(await hostSnapshot(network.router), before);
  });
});

async function withFirstLine(network: HomeNetwork, number: number, use: () => Promise<void>): Promise<void> {
  const route = `default via 100.64.${number}.1 metric 1`;
  await network.router.ip(`route add ${route}`);
  try {
    await use();
  } finally {
    await network.router.ip(`route delete ${route}`);
  }
}

function assertNearly(context: { diagnostic(text: string): void }, measured: number, capacity: number): void {
  const ratio = measured / capacity;
  context.diagnostic(
    `${((measured * 8) / 1e6).toFixed(2)} Mbit/s of payload: ${(ratio * 100).toFixed(1)} % of the line's`,
  );
  assert.ok(ratio > 0.9 && ratio < 1.03, `${ratio} of the line's capacity`);
}
