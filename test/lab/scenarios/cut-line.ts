import { setTimeout as pause } from "node:timers/promises";
import { type Call, runCall } from "../toolkit/calls.ts";
import type { Settings } from "../toolkit/config-template.ts";
import { WEB_ADDRESS } from "../toolkit/home-network.ts";
import type { ProgramOptions } from "../toolkit/lab.ts";
import type { LabProcess } from "../toolkit/lab-process.ts";
import type { Namespace } from "../toolkit/namespace.ts";
import { finished, startDownload, startUpload, startWebServer } from "../toolkit/transfers.ts";
import { CALL_INTERVAL_MS } from "../tools/call-report.ts";
import { monotonicNow, rateBetween, type Transfer } from "../tools/transfer-meter.ts";
import { withBareLines } from "./baselines.ts";
import { type Bench, withBench, withBundle } from "./bench.ts";
import { LINE_SETS, type LineSet } from "./line-sets.ts";
import { bundleCapacity } from "./measurements.ts";
import {
  atLeast,
  atMost,
  beside,
  FLOW_KINDS,
  type FlowKind,
  inMegabits,
  type LabCase,
  type Reading,
  type Repetition,
  type Scenario,
} from "./scenario.ts";

// In seconds since the transfer began.
const CUT_AT = 6;
const RESTORED_AT = 11;
const END = 16;
const RATE_OVER = 2;
const RECOVERED_AFTER = 2;

const LONGEST_GAP_MS = 300;
const LOST_CALL_MS = 150;
// What counts as full rate, of the payload capacity: the promise has no figure, and cubic is still growing back.
const FULL_SHARE = 0.9;

/** A line that loses everything without a word for a while, under a TCP transfer and a call. */
export const CUT_LINE: Scenario = {
  number: "5",
  name: "cut-line",
  title: `The first line cut in silence under load for ${RESTORED_AT - CUT_AT} s: one TCP flow and a call over UDP`,
  cases: () => LINE_SETS.slice(0, 2).flatMap((set) => FLOW_KINDS.flatMap((kind) => casesOf(set, kind))),
};

function casesOf(set: LineSet, kind: FlowKind): LabCase[] {
  const choice = { set: set.number, ...kind };
  const name = `${set.name}: ${kind.control} ${kind.direction}`;
  return [
    {
      name,
      choice,
      measure: (repetition) => measure(repetition, set, kind, { client: {}, lostCallMs: LOST_CALL_MS }),
    },
    {
      name: `${name}, redundancy`,
      choice,
      measure: (repetition) => measure(repetition, set, kind, { client: { redundancy: "auto" }, lostCallMs: 0 }),
    },
  ];
}

type Variant = { readonly client: Settings; readonly lostCallMs: number };

async function measure(
  repetition: Repetition,
  { lines }: LineSet,
  kind: FlowKind,
  { client, lostCallMs }: Variant,
): Promise<Reading[]> {
  const { index, options } = repetition;
  return await withBench(repetition, lines, async (bench) => {
    const others = options.compares && index === 0 ? await multipathReadings(bench, kind) : [];
    await startWebServer(bench.lab, bench.network.web);
    return await withBundle(bench, { client }, async (tunnel) => {
      const { home, web } = bench.network;
      const [outcome, call] = await Promise.all([
        transferWithCut(bench, home, kind),
        runCall(bench.lab, home, web, END),
      ]);
      const capacity = await bundleCapacity(bench, tunnel, kind);
      return [...transferReadings(outcome, capacity), ...callReadings(call, lostCallMs), ...others];
    });
  });
}

async function multipathReadings(bench: Bench, kind: FlowKind): Promise<Reading[]> {
  const { lab, network } = bench;
  const server = await startWebServer(lab, network.web, { isMultipath: true });
  const measure = (): Promise<Outcome> => transferWithCut(bench, network.router, kind, { isMultipath: true });
  const { transfer } = await withBareLines(bench, measure, kind.control);
  await server.stop();
  return [beside("MPTCP's longest gap", "ms", transfer?.longestGapMs ?? Number.POSITIVE_INFINITY)];
}

type Outcome = { readonly transfer: Transfer | undefined; readonly cutAt: number; readonly restoredAt: number };

async function transferWithCut(
  { lab, network, lines }: Bench,
  home: Namespace,
  { control, direction }: FlowKind,
  options?: ProgramOptions,
): Promise<Outcome> {
  const victim = lines[0]?.name ?? "";
  for (const end of [home, network.web]) await end.useCongestionControl(control);
  const transfer = (direction === "down" ? startDownload : startUpload)(lab, home, END, WEB_ADDRESS, options);
  await transfer.line(/^connected$/);
  await pause(CUT_AT * 1000);
  const cutAt = monotonicNow();
  await network.relay.cut(victim);
  await pause((RESTORED_AT - CUT_AT) * 1000);
  const restoredAt = monotonicNow();
  await network.relay.restore(victim);
  return { transfer: await outcomeOf(transfer), cutAt, restoredAt };
}

// A connection that broke is a result as well.
async function outcomeOf(transfer: LabProcess): Promise<Transfer | undefined> {
  try {
    return await finished(transfer, END);
  } catch (error) {
    if (/^failed: /m.test(transfer.output)) return undefined;
    throw error;
  }
}

function transferReadings({ transfer, cutAt, restoredAt }: Outcome, capacity: number): Reading[] {
  const resets = atMost(0, "connections reset", "count", transfer === undefined ? 1 : 0);
  if (transfer === undefined) return [resets];
  const rateFrom = (time: number): number => {
    const from = (time - transfer.startedAt) / 1000;
    return rateBetween(transfer, from, from + RATE_OVER);
  };
  const before = rateFrom(cutAt - RATE_OVER * 1000);
  const after = rateFrom(restoredAt + RECOVERED_AFTER * 1000);
  return [
    atMost(LONGEST_GAP_MS, "longest gap", "ms", transfer.longestGapMs),
    resets,
    atLeast(FULL_SHARE, "share 2 s after the return", "share", after / capacity),
    beside("share before the cut", "share", before / capacity),
    beside("while cut", "Mbit/s", inMegabits(rateFrom(restoredAt - RATE_OVER * 1000))),
  ];
}

function callReadings({ down, up }: Call, lostCallMs: number): Reading[] {
  const lost = Math.max(...[down, up].map(({ sent, heard }) => sent - heard)) * CALL_INTERVAL_MS;
  const longestDelay = Math.max(down.longestDelayMs, up.longestDelayMs);
  return [
    atMost(lostCallMs, "lost of the call, the worse way", "ms", lost),
    beside("the call's longest delay", "ms", longestDelay),
  ];
}
