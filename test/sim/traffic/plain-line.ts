import { milliseconds } from "../../../shared/protocol/units.ts";
import type { Direction } from "./capacity.ts";
import { LineNetwork } from "./line-network.ts";
import type { Scenario } from "./scenario.ts";
import { type ControlName, TcpFlow } from "./tcp-flow.ts";
import { Traffic } from "./traffic.ts";

/** One TCP flow over one line of a scenario without a tunnel. */
export type PlainScenario = Omit<Scenario, "flows"> & {
  readonly line: number;
  readonly direction: Direction;
  readonly control: ControlName;
  readonly receiveWindow?: number;
};

/** The goodput of the flow in bytes per second after the warm-up. */
export function runPlainLine(scenario: PlainScenario): number {
  const { lines, line, changes = [], seed, warmUp, duration } = scenario;
  const options = lines[line];
  if (options === undefined) throw new RangeError(`there is no line ${line}`);
  const network = new LineNetwork(options, seed);
  const traffic = new Traffic(network, scenario);
  const { goodput } = new TcpFlow(traffic, {
    direction: scenario.direction,
    control: scenario.control,
    ...(scenario.receiveWindow === undefined ? {} : { receiveWindow: scenario.receiveWindow }),
  });
  const until = milliseconds(warmUp + duration);
  for (const change of changes) {
    if (change.line !== line || change.at >= until) continue;
    traffic.run(change.at);
    network.apply(change);
  }
  traffic.run(until);
  return goodput.rate(warmUp, until);
}
