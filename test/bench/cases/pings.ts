import { runPings } from "../../lab/toolkit/pings.ts";
import { median, percentile } from "../../support/statistics.ts";
import type { Figures } from "../results/measurement.ts";
import type { BenchCase, Running } from "./bench-case.ts";
import { localFlow, runPlannedFlow } from "./flows.ts";

const INTERVAL_SECONDS = 0.01;
const WARM_UP_INTERVAL_SECONDS = 0.001;
const HIGHEST_SHARE = 0.99;

/** Pings from client to server, alone and beside one TCP flow towards the client that takes all it can get. */
export const PINGS: readonly BenchCase[] = [
  {
    group: "ping",
    name: "ping idle",
    measure: async (running, seconds) => {
      await warmUp(running, seconds);
      return figuresOf(await pingTimes(running, seconds));
    },
  },
  {
    group: "ping",
    name: "ping loaded",
    measure: async (running, seconds) => {
      const [times] = await Promise.all([
        pingTimes(running, seconds),
        runPlannedFlow(running, seconds, localFlow(running, "down", 1)),
      ]);
      return figuresOf(times);
    },
  },
];

// Who asks for an idle tunnel's round trip means one that has carried something before.
async function warmUp(running: Running, seconds: number): Promise<void> {
  await runPlannedFlow(running, seconds, localFlow(running, "down", 1));
  await pingTimes(running, seconds, WARM_UP_INTERVAL_SECONDS);
}

async function pingTimes(
  { network, carrier }: Running,
  seconds: number,
  intervalSeconds = INTERVAL_SECONDS,
): Promise<number[]> {
  return await runPings(network.lab, network.client, seconds, { target: carrier.serverAddress, intervalSeconds });
}

const figuresOf = (times: readonly number[]): Figures => ({
  pingMedian: median(times),
  pingP99: percentile(times, HIGHEST_SHARE),
});
