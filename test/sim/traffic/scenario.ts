import type { Scheduler } from "../../../shared/protocol/scheduler/scheduler.ts";
import type { HandshakeCrypto } from "../../../shared/protocol/session/handshake-crypto.ts";
import { type Milliseconds, milliseconds, seconds } from "../../../shared/protocol/units.ts";
import type { SimulatedLine } from "../simulated-client.ts";
import type { Lateness } from "./bonded/lateness.ts";
import { BondedNetwork } from "./bonded-network.ts";
import { type Direction, payloadCapacities, usableCapacities } from "./capacity.ts";
import { applyChange, type LineChange } from "./line-change.ts";
import { PingFlow, type PingFlowOptions } from "./ping-flow.ts";
import { RealtimeFlow, type RealtimeFlowOptions, type RealtimeResult } from "./realtime-flow.ts";
import type { Samples } from "./samples.ts";
import type { ScenarioView } from "./scenario-trace.ts";
import { TcpFlow, type TcpFlowOptions } from "./tcp-flow.ts";
import { Traffic, type TrafficOptions } from "./traffic.ts";
import { WebFlow, type WebFlowOptions } from "./web-flow.ts";

/** A flow of a scenario; times count from the start of the flows. */
export type FlowOptions =
  | ({ readonly kind: "tcp" } & Omit<TcpFlowOptions, "port" | "onEnd">)
  | ({ readonly kind: "realtime" } & RealtimeFlowOptions)
  | ({ readonly kind: "ping" } & PingFlowOptions)
  | ({ readonly kind: "web" } & WebFlowOptions);

/** Lines, what happens to them, and the flows over them. Times count from the start of the flows. */
export type Scenario = TrafficOptions & {
  readonly lines: readonly SimulatedLine[];
  readonly changes?: readonly LineChange[];
  readonly flows: readonly FlowOptions[];
  readonly seed: number;
  /** How long the flows run before what they do counts. */
  readonly warmUp: Milliseconds;
  /** How long it counts. */
  readonly duration: Milliseconds;
  /** Makes the client's scheduler; earliest arrival when absent. */
  readonly scheduler?: () => Scheduler;
  /** How late the processes of the tunnel and of the lines run; at once when absent. */
  readonly lateness?: Lateness | undefined;
};

/** What a TCP flow did while it counted; rates in bytes per second, times in milliseconds. */
export type TcpResult = {
  readonly direction: Direction;
  readonly goodput: number;
  readonly perSecond: readonly number[];
  readonly longestGap: number;
  /** Of the whole flow. */
  readonly sentAgain: number;
  readonly timeouts: number;
  readonly spurious: number;
  readonly rttMedian: number;
};

/** What a scenario measured. */
export type ScenarioResult = {
  readonly tcp: readonly TcpResult[];
  readonly realtime: readonly RealtimeResult[];
  readonly pings: readonly { readonly rtts: Samples; readonly lost: number }[];
  readonly web: readonly { readonly times: Samples; readonly unfinished: number }[];
  /** Goodput of all TCP flows of a direction, in bytes per second; 0 without one. */
  readonly goodput: Readonly<Record<Direction, number>>;
  /** The same as a share of the lines' payload capacity (as in `payloadCapacities`). */
  readonly share: Readonly<Record<Direction, number>>;
  /** The same as a share of what the lines do not lose. */
  readonly usableShare: Readonly<Record<Direction, number>>;
};

/** Looks at a running scenario at multiples of a time. */
export type Watcher = { readonly every: Milliseconds; readonly look: (view: ScenarioView) => void };

type Flows = {
  readonly tcp: { readonly direction: Direction; readonly flow: TcpFlow }[];
  readonly realtime: RealtimeFlow[];
  readonly pings: PingFlow[];
  readonly web: WebFlow[];
};

// As long as a link on a bad line may take to come up.
const CONNECT_LIMIT = seconds(60);

/** Runs a scenario over a bundle, and lets it be watched. An error names the seed. */
export function runScenario(scenario: Scenario, crypto: HandshakeCrypto, watcher?: Watcher): ScenarioResult {
  return withSeed(scenario.seed, () => {
    const network = connectedNetwork(scenario, crypto);
    const start = network.now;
    const traffic = new Traffic(network, scenario);
    const flows = startFlows(traffic, scenario.flows);
    const until = milliseconds(start + scenario.warmUp + scenario.duration);
    const look = (elapsed: Milliseconds): void => watcher?.look({ network, elapsed, tcp: flows.tcp });
    const run = (to: number): void => runInSteps(traffic, start, milliseconds(to), watcher?.every, look);
    for (const change of scenario.changes ?? []) {
      if (start + change.at >= until) break;
      run(start + change.at);
      applyChange(network, change);
    }
    run(until);
    return measure(scenario, flows, start);
  });
}

/** The best goodput of the flows of a direction on one of some lines alone, in bytes per second; of all when absent. */
export function bestAlone(
  scenario: Scenario,
  direction: Direction,
  crypto: HandshakeCrypto,
  lines: readonly number[] = [...scenario.lines.keys()],
): number {
  return Math.max(...lines.map((line) => runScenario(aloneOn(scenario, line), crypto).goodput[direction]));
}

/** The same scenario with one line only. */
export function aloneOn(scenario: Scenario, line: number): Scenario {
  const changes = (scenario.changes ?? []).filter((change) => change.line === line);
  return {
    ...scenario,
    lines: scenario.lines.slice(line, line + 1),
    changes: changes.map((change) => ({ ...change, line: 0 })),
  };
}

/** Adds the seed to the error when `run` fails. */
export function withSeed<Result>(seed: number, run: () => Result): Result {
  try {
    return run();
  } catch (cause) {
    throw new Error(`with seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function connectedNetwork(scenario: Scenario, crypto: HandshakeCrypto): BondedNetwork {
  const { lines, seed, scheduler, lateness } = scenario;
  const network = new BondedNetwork({
    lines,
    seed,
    crypto,
    ...(scheduler === undefined ? {} : { scheduler: scheduler() }),
    ...(lateness === undefined ? {} : { lateness }),
  });
  if (!network.connect(CONNECT_LIMIT)) throw new Error("the links did not come up");
  return network;
}

function runInSteps(
  traffic: Traffic,
  start: Milliseconds,
  until: Milliseconds,
  step: Milliseconds | undefined,
  onStep: (elapsed: Milliseconds) => void,
): void {
  while (step !== undefined) {
    const elapsed = milliseconds((Math.floor((traffic.now - start) / step + 1e-9) + 1) * step);
    if (start + elapsed > until) break;
    traffic.run(milliseconds(start + elapsed));
    onStep(elapsed);
  }
  traffic.run(until);
}

function startFlows(traffic: Traffic, options: readonly FlowOptions[]): Flows {
  const flows: Flows = { tcp: [], realtime: [], pings: [], web: [] };
  const at = (start: Milliseconds | undefined): { readonly start: Milliseconds } => ({
    start: milliseconds(traffic.now + (start ?? 0)),
  });
  for (const flow of options) {
    const timed = at(flow.start);
    switch (flow.kind) {
      case "tcp":
        flows.tcp.push({ direction: flow.direction, flow: new TcpFlow(traffic, { ...flow, ...timed }) });
        break;
      case "realtime":
        flows.realtime.push(new RealtimeFlow(traffic, { ...flow, ...timed }));
        break;
      case "ping":
        flows.pings.push(new PingFlow(traffic, { ...flow, ...timed }));
        break;
      case "web":
        flows.web.push(new WebFlow(traffic, { ...flow, ...timed }));
    }
  }
  return flows;
}

function measure(scenario: Scenario, flows: Flows, start: Milliseconds): ScenarioResult {
  const { lines, changes = [], warmUp, duration } = scenario;
  const from = milliseconds(start + warmUp);
  const until = milliseconds(from + duration);
  const tcp = flows.tcp.map(({ direction, flow }) => tcpResult(direction, flow, from, until));
  const goodputOf = (direction: Direction): number =>
    tcp.reduce((sum, flow) => sum + (flow.direction === direction ? flow.goodput : 0), 0);
  const span = { lines, changes, from: warmUp, until: milliseconds(warmUp + duration) };
  const shareOf = (direction: Direction, capacities: typeof payloadCapacities): number =>
    goodputOf(direction) / capacities({ ...span, direction }).reduce((sum, capacity) => sum + capacity, 0);
  const both = (value: (direction: Direction) => number) => ({ up: value("up"), down: value("down") });
  return {
    tcp,
    realtime: flows.realtime.map((flow) => flow.result(from, until)),
    pings: flows.pings.map((flow) => flow.result(from, until)),
    web: flows.web.map((flow) => flow.result(from, until)),
    goodput: both(goodputOf),
    share: both((direction) => shareOf(direction, payloadCapacities)),
    usableShare: both((direction) => shareOf(direction, usableCapacities)),
  };
}

function tcpResult(direction: Direction, flow: TcpFlow, from: Milliseconds, until: Milliseconds): TcpResult {
  const { goodput, sender, receiver, rtts } = flow;
  return {
    direction,
    goodput: goodput.rate(from, until),
    perSecond: goodput.perSecond(from, until),
    longestGap: goodput.longestGap(from, until),
    sentAgain: sender.counters.sentAgain,
    timeouts: sender.counters.timeouts,
    spurious: receiver.duplicates,
    rttMedian: rtts.median,
  };
}
