import { milliseconds } from "../../../../shared/protocol/units.ts";
import type { Direction } from "../capacity.ts";
import { runScenario, type Scenario, type ScenarioResult, type TcpResult } from "../scenario.ts";
import { ScenarioTrace } from "../scenario-trace.ts";
import type { CellContext } from "./measured-case.ts";

const TRACE_INTERVAL = milliseconds(250);

/** Of the pings of a scenario: median and 95th percentile in milliseconds, and how many were not answered. */
export type MeasuredPings = { readonly median: number; readonly p95: number; readonly lost: number };

/** The figures of a scenario as plain data. */
export type MeasuredScenario = Pick<ScenarioResult, "goodput" | "share" | "usableShare"> & {
  readonly tcp: readonly TcpResult[];
  readonly pings: readonly MeasuredPings[];
  readonly calls: readonly { readonly sent: number; readonly lost: number; readonly longestOutage: number }[];
};

/** Runs a scenario, as long as the selection says, and prints a trace of a direction where it is wanted. */
export function measureScenario(
  scenario: Scenario,
  { crypto, selection }: CellContext,
  { title, direction = "down" }: { readonly title: string; readonly direction?: Direction },
): MeasuredScenario {
  const { warmUp = scenario.warmUp, duration = scenario.duration } = selection;
  const trace = new ScenarioTrace(direction, (line) => console.log(line));
  if (selection.isTraced) console.log(`\n${title}, seed ${scenario.seed}`);
  const watcher = { every: TRACE_INTERVAL, look: trace.look.bind(trace) };
  const late = { ...scenario, lateness: selection.lateness, warmUp, duration };
  const result = runScenario(late, crypto, selection.isTraced ? watcher : undefined);
  const { goodput, share, usableShare, tcp, pings, realtime } = result;
  return {
    goodput,
    share,
    usableShare,
    tcp,
    pings: pings.map(({ rtts, lost }) => ({ median: rtts.median, p95: rtts.percentile(0.95), lost })),
    calls: realtime.map(({ sent, lost, longestOutage }) => ({ sent, lost, longestOutage })),
  };
}

/** The 95th percentile of the first ping flow, or NaN. */
export function pingP95({ pings }: MeasuredScenario): number {
  return pings[0]?.p95 ?? Number.NaN;
}
