import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bytes } from "../../shared/protocol/units.ts";
import { startBondedHome } from "./toolkit/bonded-home.ts";
import { evenLine, type HomeLine, type HomeNetwork, VPS_ADDRESS } from "./toolkit/home-network.ts";
import type { Lab } from "./toolkit/lab.ts";
import { payloadCapacity, unfragmentedMtu } from "./toolkit/payload-capacity.ts";
import { missingCongestionControl, missingForLab } from "./toolkit/requirements.ts";
import { addressSeenByServer, finished, startDownload, startUpload } from "./toolkit/transfers.ts";
import { capacityLines, type Tunnel } from "./toolkit/tunnel.ts";
import { rateBetween } from "./tools/transfer-meter.ts";

const SECONDS = 8;
const WARM_UP_SECONDS = 3;

const CASES: readonly { readonly name: string; readonly lines: readonly HomeLine[]; readonly atLeast: number }[] = [
  { name: "20 and 20 Mbit/s", lines: [evenLine("dsl", 20, 10), evenLine("cable", 20, 10)], atLeast: 0.9 },
  { name: "30 and 10 Mbit/s", lines: [evenLine("dsl", 30, 10), evenLine("lte", 10, 10)], atLeast: 0.85 },
];

for (const { name, lines, atLeast } of CASES) {
  describe(`A bundle of ${name} with 10 ms each way`, { skip: missingForLab(), timeout: 120_000 }, () => {
    let lab: Lab;
    let network: HomeNetwork;
    let tunnel: Tunnel;

    before(async () => {
      ({ lab, network, tunnel } = await startBondedHome(lines));
    });

    after(async () => {
      await lab.close();
    });

    it("shows the home PC to the internet by the server's address", async () => {
      assert.equal(await addressSeenByServer(network.home), VPS_ADDRESS);
    });

    it("has the largest MTU that no line has to fragment", async () => {
      const { bundles } = await tunnel.client.status();

      assert.deepEqual(
        bundles.map(({ mtu }) => mtu),
        [unfragmentedMtu(capacityLines(lines, "down"))],
      );
    });

    for (const control of ["cubic", "bbr"]) {
      for (const [what, start, direction] of [
        ["download", startDownload, "down"],
        ["upload", startUpload, "up"],
      ] as const) {
        const promise = `gives one TCP ${what} by ${control} at least ${atLeast * 100} % of the payload capacity`;
        it(promise, { skip: missingCongestionControl(control) }, async (context) => {
          for (const end of [network.home, network.web]) await end.useCongestionControl(control);
          const transfer = await finished(start(lab, network.home, SECONDS), SECONDS);

          const [bundle] = (await tunnel.client.status()).bundles;
          const capacity = payloadCapacity(capacityLines(lines, direction), bytes(bundle?.mtu ?? 0));
          const rate = rateBetween(transfer, WARM_UP_SECONDS, SECONDS);
          context.diagnostic(
            `${inMegabits(rate)} of ${inMegabits(capacity)}: ${((rate / capacity) * 100).toFixed(1)} %`,
          );
          assert.ok(rate >= atLeast * capacity, `${rate / capacity} of the payload capacity`);
        });
      }
    }
  });
}

const inMegabits = (rate: number): string => `${((rate * 8) / 1e6).toFixed(2)} Mbit/s`;
