import { bytes, type Milliseconds, milliseconds, seconds } from "../../../../shared/protocol/units.ts";
import type { SimulatedLine } from "../../simulated-client.ts";
import { expectedAlone, PLAIN_PAYLOAD_FACTOR } from "../capacity.ts";
import { type PlainScenario, runPlainLine } from "../plain-line.ts";
import { areComparable, configuredByPeak, describeLine, type RandomLines, randomLines } from "../random-lines.ts";
import type { Scenario } from "../scenario.ts";
import type { ControlName } from "../tcp-flow.ts";
import { type CellContext, measuredCase } from "./measured-case.ts";
import { measureScenario, pingP95 } from "./measured-scenario.ts";
import { printOutcomes, type RandomOutcome } from "./random-outcomes.ts";
import { type Selection, seedsOf } from "./selection.ts";

const SEEDS = 100;

// CUBIC alone on a plain line is at its rate after 12 to 18 round trips; delays that differ end its slow start earlier,
// and 12 more at 5 % each nearly double what it has.
const ROUND_TRIPS = 30;
const SHORTEST_WARM_UP = 4;
const LONGEST_WARM_UP = 18;
const DURATION = seconds(8);

// Of the shortest delay, within what batches of real kernels are.
const GRANULARITY_SHARE = 1 / 10;
const [FINEST, COARSEST] = [0.5, 1];

// What is judged is the bundle, not how much memory a host gives a connection.
const RECEIVE_WINDOW = bytes(64 * 1024 * 1024);

// Lines whose formula promises the most are run alone; the others cannot be the best.
const CANDIDATES = 2;

type Cell = { readonly seed: number; readonly control: ControlName };

/** One TCP download over random sets of lines, against the best of its lines alone and against their sum. */
export const randomCase = measuredCase({
  cells: (selection: Selection): Cell[] =>
    seedsOf(selection, SEEDS).map((seed) => ({ seed, control: selection.control ?? "cubic" })),
  measure: ({ seed, control }, context) => outcomeOf(seed, control, context),
  print: (measurements) => printOutcomes(measurements.map(({ result }) => result)),
});

function outcomeOf(seed: number, control: ControlName, context: CellContext): RandomOutcome {
  const drawn = randomLines(seed, { duration: seconds(LONGEST_WARM_UP + DURATION) });
  const description = drawn.lines.map(describeLine).join(" | ");
  const common = { seed, lines: description, isComparable: areComparable(drawn.lines) };
  try {
    const { scenario, result } = bundleOf(seed, drawn, control, context);
    const best = bestPlain(scenario, control);
    return {
      ...common,
      againstBest: best === 0 ? 1 : result.goodput.down / best,
      ofSum: result.usableShare.down,
      pingP95: pingP95(result),
      error: null,
    };
  } catch (error) {
    return { ...common, againstBest: 0, ofSum: 0, pingP95: 0, error: String(error) };
  }
}

function bundleOf(seed: number, drawn: RandomLines, control: ControlName, context: CellContext) {
  const { changes } = drawn;
  const lines = configuredByPeak(drawn);
  const { warmUp = warmUpOf(lines), duration = DURATION } = context.selection;
  const scenario: Scenario = {
    lines,
    changes,
    flows: [{ kind: "tcp", direction: "down", control, receiveWindow: RECEIVE_WINDOW }, { kind: "ping" }],
    seed,
    warmUp,
    duration,
    granularity: granularityOf(lines),
  };
  return { scenario, result: measureScenario(scenario, context, { title: lines.map(describeLine).join(" | ") }) };
}

/** The most that one of the lines carries alone without a tunnel, less what a tunnel's headers would take. */
function bestPlain(scenario: Scenario, control: ControlName): number {
  const { lines, changes = [], warmUp, duration } = scenario;
  const span = { lines, changes, direction: "down", from: warmUp, until: milliseconds(warmUp + duration) } as const;
  const expected = expectedAlone(span, control);
  const candidates = [...lines.keys()].toSorted((a, b) => (expected[b] ?? 0) - (expected[a] ?? 0));
  const rates = candidates.slice(0, CANDIDATES).map((line) => {
    const plain: PlainScenario = { ...scenario, line, control, direction: "down", receiveWindow: RECEIVE_WINDOW };
    return runPlainLine(plain) * PLAIN_PAYLOAD_FACTOR;
  });
  return Math.max(...rates);
}

function warmUpOf(lines: readonly SimulatedLine[]): Milliseconds {
  const longest = Math.max(...lines.map(({ up, down }) => (up.delay ?? 0) + (down.delay ?? 0)));
  return milliseconds(Math.min(seconds(LONGEST_WARM_UP), Math.max(seconds(SHORTEST_WARM_UP), ROUND_TRIPS * longest)));
}

function granularityOf(lines: readonly SimulatedLine[]): Milliseconds {
  const shortest = Math.min(...lines.map(({ down }) => down.delay ?? 0));
  return milliseconds(Math.min(COARSEST, Math.max(FINEST, shortest * GRANULARITY_SHARE)));
}
