import { WEB_ADDRESS } from "../../lab/toolkit/home-network.ts";
import { type Flow, goodputBetween, runFlow } from "../../lab/toolkit/iperf.ts";
import { costs, type Figures } from "../results/measurement.ts";
import type { BenchCase, Running } from "./bench-case.ts";
import { watchFor, windowFigures } from "./window.ts";

const WARM_UP_SECONDS = 0.5;
// iperf3 takes whole seconds only.
const OTHER_SECONDS = 1;
// How long it takes until iperf3's clock runs.
const START_SECONDS = 0.2;
const TCP_AND_IP_HEADERS = 52;
const DIRECTIONS = ["down", "up"] as const;

/** TCP between client and server themselves, whose stacks hand over super-packets where a device takes them. */
export const LOCAL_FLOWS: readonly BenchCase[] = [1, 4].flatMap((streams) =>
  DIRECTIONS.map((direction) => ({
    group: `tcp-${streams}`,
    name: `tcp-${streams} ${direction}`,
    measure: async (running, seconds) => await measureFlow(running, seconds, localFlow(running, direction, streams)),
  })),
);

/** TCP between home PC and web host, which comes to client and server one packet at a time and goes through both NATs. */
export const FORWARDED_FLOWS: readonly BenchCase[] = DIRECTIONS.map((direction) => ({
  group: "forwarded",
  name: `forwarded ${direction}`,
  missing: ({ carrier }) =>
    carrier.isMultipath === true ? "forwarded TCP is not made Multipath TCP by anybody" : undefined,
  measure: async (running, seconds) => {
    const { home, web } = running.network;
    return await measureFlow(running, seconds, { home, web, direction, address: WEB_ADDRESS, streams: 1 });
  },
}));

/** A flow between client and server themselves. */
export function localFlow({ network, carrier }: Running, direction: Flow["direction"], streams: number): FlowPlan {
  const { client: home, server: web } = network;
  const { serverAddress: address, isMultipath = false } = carrier;
  return { home, web, direction, address, streams, isMultipath };
}

/** How a flow is run, but for its time. */
export type FlowPlan = Omit<Flow, "control" | "seconds" | "keepsRoutes">;

/** Runs TCP by CUBIC for so long after a warm-up. */
export async function runPlannedFlow({ network }: Running, seconds: number, plan: FlowPlan): Promise<number> {
  const flow: Flow = { ...plan, control: "cubic", seconds: seconds + OTHER_SECONDS, keepsRoutes: true };
  return goodputBetween(await runFlow(network.lab, flow), WARM_UP_SECONDS, WARM_UP_SECONDS + seconds);
}

async function measureFlow(running: Running, seconds: number, plan: FlowPlan): Promise<Figures> {
  const [rate, window] = await Promise.all([
    runPlannedFlow(running, seconds, plan),
    watchFor(running, START_SECONDS + WARM_UP_SECONDS, seconds),
  ]);
  const payloadBytes = rate * window.seconds;
  const packets = payloadBytes / (running.carrier.mtu - TCP_AND_IP_HEADERS);
  return { bitsPerSecond: rate * 8, ...costs({ ...window, payloadBytes, packets }), ...windowFigures(window) };
}
