import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startBondedHome } from "./toolkit/bonded-home.ts";
import {
  evenLine,
  type HomeNetwork,
  VPS_ADDRESS,
  VPS_ADDRESS6,
  WEB_ADDRESS,
  WEB_ADDRESS6,
} from "./toolkit/home-network.ts";
import type { Lab } from "./toolkit/lab.ts";
import { payloadCapacity } from "./toolkit/payload-capacity.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { addressSeenByServer, finished, startDownload } from "./toolkit/transfers.ts";
import { capacityLines } from "./toolkit/tunnel.ts";
import { rateBetween } from "./tools/transfer-meter.ts";

const LINES = [evenLine("dsl", 20, 10), evenLine("lte", 20, 10)];
const SECONDS = 8;
const ENOUGH = 0.9;
const ATTEMPTS = 2;

describe("A bundle of an IPv4 and an IPv6 link", { skip: missingForLab(), timeout: 120_000 }, () => {
  let lab: Lab;
  let network: HomeNetwork;

  before(async () => {
    const links = { lte: { remotehost: VPS_ADDRESS6 } };
    ({ lab, network } = await startBondedHome(LINES, { server: { ip6: "fd44::1/64" }, links }));
  });

  after(async () => {
    await lab.close();
  });

  it("shows the home PC to the internet by the server's IPv4 and IPv6 addresses", async () => {
    assert.equal(await addressSeenByServer(network.home, WEB_ADDRESS), VPS_ADDRESS);
    assert.equal(await addressSeenByServer(network.home, WEB_ADDRESS6), VPS_ADDRESS6);
  });

  for (const [family, server] of [
    ["IPv4", WEB_ADDRESS],
    ["IPv6", WEB_ADDRESS6],
  ] as const) {
    it(`gives one TCP download over ${family} at least 90 % of the payload capacity`, async (context) => {
      const lines = capacityLines(LINES, "down").map((line, index) => ({ ...line, isIpv6: index === 1 }));
      const capacity = payloadCapacity(lines, undefined, family === "IPv6");
      let best = 0;
      // A busy machine holds processes up for longer than the lines have packets, but hardly each time.
      for (let attempt = 0; attempt < ATTEMPTS && best < ENOUGH; attempt++) {
        const transfer = await finished(startDownload(lab, network.home, SECONDS, server), SECONDS);
        best = Math.max(best, rateBetween(transfer, 3, SECONDS) / capacity);
      }

      context.diagnostic(`${(best * 100).toFixed(1)} % of the payload capacity`);
      assert.ok(best >= ENOUGH, `${best} of the payload capacity`);
    });
  }
});
