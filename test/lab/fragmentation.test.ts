import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bytes } from "../../shared/protocol/units.ts";
import { startBondedHome } from "./toolkit/bonded-home.ts";
import { evenLine, type HomeLine, type HomeNetwork, WEB_ADDRESS } from "./toolkit/home-network.ts";
import type { Lab } from "./toolkit/lab.ts";
import { payloadCapacity } from "./toolkit/payload-capacity.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { finished, startDownload, startUpload } from "./toolkit/transfers.ts";
import { capacityLines } from "./toolkit/tunnel.ts";
import { rateBetween } from "./tools/transfer-meter.ts";

const LINE_MTU = bytes(1400);
const TUNNEL_MTU = bytes(1500);
const LINES: readonly HomeLine[] = [evenLine("dsl", 20, 10), evenLine("lte", 20, 10)].map((line) => ({
  ...line,
  mtu: LINE_MTU,
}));
const LARGEST_PING = TUNNEL_MTU - 28;

describe("A tunnel of 1500 bytes over lines of 1400", { skip: missingForLab(["xargs"]), timeout: 180_000 }, () => {
  let lab: Lab;
  let network: HomeNetwork;

  before(async () => {
    const mtu = { mtu: TUNNEL_MTU };
    ({ lab, network } = await startBondedHome(LINES, { client: mtu, server: mtu }));
  });

  after(async () => {
    await lab.close();
  });

  it(`passes pings of every size to ${LARGEST_PING} that must not be fragmented`, async () => {
    // On a busy machine one of fifteen hundred may be late: a size fails when it fails twice.
    const ping = `ping -q -M do -c 1 -W 5 -s {} ${WEB_ADDRESS} > /dev/null`;
    const script = `seq 0 ${LARGEST_PING} | xargs -P 16 -I{} sh -c '${ping} || ${ping} || echo {}'`;

    const lostSizes = (await network.home.run("sh", "-c", script)).split("\n").filter(Boolean);

    assert.deepEqual(lostSizes, []);
  });

  for (const [what, start, direction] of [
    ["download", startDownload, "down"],
    ["upload", startUpload, "up"],
  ] as const) {
    it(`gives a TCP ${what} at least 85 % of the payload capacity`, async (context) => {
      const transfer = await finished(start(lab, network.home, 8), 8);

      const ratio = rateBetween(transfer, 3, 8) / payloadCapacity(capacityLines(LINES, direction), TUNNEL_MTU);
      context.diagnostic(`${(ratio * 100).toFixed(1)} % of the payload capacity`);
      assert.ok(ratio >= 0.85, `${ratio} of the payload capacity`);
    });
  }
});
