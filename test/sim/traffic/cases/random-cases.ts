import process from "node:process";
import { milliseconds, seconds } from "../../../../shared/protocol/units.ts";
import { expectedAlone } from "../capacity.ts";
import { areComparable, describeLine, randomLines } from "../random-lines.ts";
import { Samples } from "../samples.ts";
import { bestAlone, type Scenario } from "../scenario.ts";
import { type CellContext, measuredCase } from "./measured-case.ts";
import { measureScenario, pingP95 } from "./measured-scenario.ts";
import { seedsOf } from "./selection.ts";
import { printTable, share, whole } from "./table.ts";

const WARM_UP = seconds(5);
const DURATION = seconds(10);
const GRANULARITY = milliseconds(0.5);
const CONTROL = "cubic";
const SEEDS = 100;
const WORST_SHOWN = 10;

// Lines whose formula promises the most are run alone; the others cannot be the best.
const CANDIDATES = 2;

type Outcome = {
  readonly seed: number;
  readonly againstBest: number;
  readonly ofSum: number;
  readonly isComparable: boolean;
  readonly pingP95: number;
  /** Milliseconds. */
  readonly processorTime: number;
  readonly lines: string;
};

/** One TCP download over random sets of lines, against the best of its lines alone and against their sum. */
export const randomCase = measuredCase({
  cells: (selection) => seedsOf(selection, SEEDS),
  measure: outcomeOf,
  print: (measurements) => printOutcomes(measurements.map(({ result }) => result)),
});

function printOutcomes(outcomes: readonly Outcome[]): void {
  const comparable = outcomes.filter(({ isComparable }) => isComparable);
  const againstBest = samplesOf(outcomes.map((outcome) => outcome.againstBest));
  const ofSum = samplesOf(comparable.map((outcome) => outcome.ofSum));
  printTable(
    ["random sets", "sets", "reached", "p10", "median"],
    [
      ["at least 0.95 of best line alone", ...row(outcomes.length, againstBest, 0.95)],
      ["at least 0.90 of sum, comparable lines", ...row(comparable.length, ofSum, 0.9)],
    ],
  );
  const processorTime = outcomes.reduce((sum, outcome) => sum + outcome.processorTime, 0);
  console.log(`\n${(processorTime / 1000).toFixed(0)} s of processor time; the worst against the best line:`);
  const worst = outcomes.toSorted((a, b) => a.againstBest - b.againstBest).slice(0, WORST_SHOWN);
  for (const { seed, againstBest, ofSum, pingP95, lines } of worst) {
    console.log(
      `seed ${seed}: ${share(againstBest)} of it, ${share(ofSum)} of the sum, ping p95 ${whole(pingP95)} ms`,
    );
    console.log(`  ${lines}`);
  }
}

function outcomeOf(seed: number, context: CellContext): Outcome {
  const until = milliseconds(WARM_UP + DURATION);
  const { lines, changes } = randomLines(seed, { duration: until });
  const scenario: Scenario = {
    lines,
    changes,
    flows: [{ kind: "tcp", direction: "down", control: CONTROL }, { kind: "ping" }],
    seed,
    warmUp: WARM_UP,
    duration: DURATION,
    granularity: GRANULARITY,
  };
  const before = process.cpuUsage();
  const title = lines.map(describeLine).join(" | ");
  const result = measureScenario(scenario, context, { title });
  const expected = expectedAlone({ lines, changes, direction: "down", from: WARM_UP, until }, CONTROL);
  const candidates = [...expected.keys()].toSorted((a, b) => (expected[b] ?? 0) - (expected[a] ?? 0));
  const best = bestAlone(scenario, "down", context.crypto, candidates.slice(0, CANDIDATES));
  const { user, system } = process.cpuUsage(before);
  return {
    seed,
    againstBest: best === 0 ? 1 : result.goodput.down / best,
    ofSum: result.usableShare.down,
    isComparable: areComparable(lines),
    pingP95: pingP95(result),
    processorTime: (user + system) / 1000,
    lines: title,
  };
}

function row(count: number, samples: Samples, limit: number): string[] {
  return [`${count}`, share(samples.shareFrom(limit)), share(samples.percentile(0.1)), share(samples.median)];
}

function samplesOf(values: readonly number[]): Samples {
  const samples = new Samples();
  for (const value of values) samples.add(value);
  return samples;
}
