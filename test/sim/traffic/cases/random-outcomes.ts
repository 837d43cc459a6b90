import { Samples } from "../samples.ts";
import { printTable, share, whole } from "./table.ts";

const BEST_LIMIT = 0.95;
const SUM_LIMIT = 0.9;
const WORST_SHOWN = 10;

/** What came of a random set of lines. */
export type RandomOutcome = {
  readonly seed: number;
  readonly lines: string;
  readonly isComparable: boolean;
  /** The bundle's goodput as a share of the best line's alone, and of what all lines do not lose. */
  readonly againstBest: number;
  readonly ofSum: number;
  readonly pingP95: number;
  /** Why there are no figures. */
  readonly error: string | null;
};

/** Prints how many sets keep the promise, which seeds do not, and the worst of them. */
export function printOutcomes(outcomes: readonly RandomOutcome[]): void {
  const comparable = outcomes.filter(({ isComparable }) => isComparable);
  printTable(
    ["random sets", "sets", "reached", "p1", "p10", "median"],
    [
      [`at least ${BEST_LIMIT} of best line alone`, ...row(outcomes.map(bestOf), BEST_LIMIT)],
      [`at least ${SUM_LIMIT} of sum, comparable lines`, ...row(comparable.map(sumOf), SUM_LIMIT)],
    ],
  );
  printFailing("below the best line alone", outcomes, bestOf, BEST_LIMIT);
  printFailing("below the sum", comparable, sumOf, SUM_LIMIT);
  for (const { seed, error } of outcomes) if (error !== null) console.log(`seed ${seed}: ${error}`);
}

function printFailing(
  name: string,
  outcomes: readonly RandomOutcome[],
  figureOf: (outcome: RandomOutcome) => number,
  limit: number,
): void {
  const failing = outcomes.filter((outcome) => !(figureOf(outcome) >= limit));
  if (failing.length === 0) return;
  console.log(`\n${name}: seeds ${failing.map(({ seed }) => seed).join(" ")}`);
  for (const outcome of failing.toSorted((a, b) => figureOf(a) - figureOf(b)).slice(0, WORST_SHOWN)) {
    const { seed, againstBest, ofSum, pingP95, lines } = outcome;
    console.log(
      `seed ${seed}: ${share(againstBest)} of the best, ${share(ofSum)} of the sum, ping p95 ${whole(pingP95)} ms`,
    );
    console.log(`  ${lines}`);
  }
}

const bestOf = ({ againstBest }: RandomOutcome): number => againstBest;
const sumOf = ({ ofSum }: RandomOutcome): number => ofSum;

function row(values: readonly number[], limit: number): string[] {
  const samples = new Samples();
  for (const value of values) samples.add(value);
  const figures = [samples.shareFrom(limit), samples.percentile(0.01), samples.percentile(0.1), samples.median];
  return [`${values.length}`, ...figures.map(share)];
}
