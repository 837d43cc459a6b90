import { costs, type Figures } from "../results/measurement.ts";
import type { BenchCase, Running } from "./bench-case.ts";
import { RateSearch } from "./rate-search.ts";
import { UdpLoad } from "./udp-load.ts";
import { watch, windowFigures } from "./window.ts";

const UDP_AND_IP_HEADERS = 28;
const ALLOWED_LOSS = 0.005;
const TRIAL_SECONDS = 0.5;
const FIRST_RATE = 20_000;
const HIGHEST_RATE = 4_000_000;
const HALVINGS = 3;
// A rate that passed for half a second may not for longer.
const STEP_BACK = 0.9;
const ATTEMPTS = 4;

/** UDP packets of one size at rising load, until 0.5 % of them are lost. The size is that of the IP packet. */
export const UDP_LOADS: readonly BenchCase[] = [100, 1400].map((size) => ({
  group: `udp-${size}`,
  name: `udp-${size}`,
  missing: ({ carrier }) => (carrier.isMultipath === true ? "Multipath TCP is no UDP" : undefined),
  measure: async (running, seconds) => await measure(running, seconds, size - UDP_AND_IP_HEADERS),
}));

async function measure(running: Running, seconds: number, payload: number): Promise<Figures> {
  const load = await UdpLoad.start(running);
  try {
    let rate = await findRate(load, payload);
    for (let attempt = 1; ; attempt++) {
      const end = await watch(running);
      const { sent, received } = await load.offer(rate, payload, seconds);
      const window = await end();
      if (1 - received / sent > ALLOWED_LOSS && attempt < ATTEMPTS) {
        rate *= STEP_BACK;
        continue;
      }
      const passage = { ...window, packets: received, payloadBytes: received * payload };
      return {
        packetsPerSecond: received / seconds,
        lossShare: 1 - received / sent,
        ...costs(passage),
        ...windowFigures(window),
      };
    }
  } finally {
    await load.stop();
  }
}

async function findRate(load: UdpLoad, payload: number): Promise<number> {
  const search = new RateSearch({
    first: FIRST_RATE,
    most: HIGHEST_RATE,
    allowedLoss: ALLOWED_LOSS,
    halvings: HALVINGS,
  });
  for (let rate = search.next(); rate !== undefined; rate = search.next()) {
    const { sent, received } = await load.offer(rate, payload, TRIAL_SECONDS);
    // The source itself may not reach a rate: more than it sent is not offered.
    const isReached = sent >= 0.9 * rate * TRIAL_SECONDS;
    search.note(rate, isReached ? 1 - received / sent : 1);
  }
  if (search.best === undefined) throw new Error("packets are lost at every rate");
  return search.best;
}
