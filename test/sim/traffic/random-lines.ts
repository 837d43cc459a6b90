import {
  bytes,
  bytesPerSecond,
  type Milliseconds,
  megabitsPerSecond,
  milliseconds,
} from "../../../shared/protocol/units.ts";
import type { LineOptions } from "../../emulator/line-options.ts";
import type { LossModel } from "../../emulator/loss-model.ts";
import { Random } from "../../emulator/random.ts";
import type { SimulatedLine } from "../simulated-client.ts";
import { rateOf } from "./bonded/ends.ts";
import type { LineChange } from "./line-change.ts";
import { rateShape } from "./rate-shape.ts";

const MTU = bytes(1500);
const SMALLEST_QUEUE = 6000;

type Range = readonly [least: number, most: number];

/** What random lines are drawn from. Delays are one way, in milliseconds; shares and probabilities are 0 to 1. */
export type RandomLinesOptions = {
  readonly count: Range;
  /** Mbit/s, downwards. */
  readonly rate: Range;
  /** What of the rate is there upwards. */
  readonly upShare: Range;
  readonly delay: Range;
  /** Of those lines that lose packets: how many of them, and the share of lines that do; half of them lose in bursts. */
  readonly loss: Range;
  readonly lossyShare: number;
  readonly jitter: Range;
  readonly jitteryShare: number;
  /** Of those lines that jitter, the share of those whose packets overtake each other. */
  readonly reorderingShare: number;
  /** How long a full queue takes to empty at the line's rate, in milliseconds. */
  readonly bloat: Range;
  /** The share of lines whose rate changes. */
  readonly changingShare: number;
  /** Until when rates change. */
  readonly duration: Milliseconds;
};

/** Lines as the issue describes them: 1 to 6, of 0.5 to 200 Mbit/s, 2 to 300 ms, 0 to 10 % loss, up to 2 s of queue. */
export const ANY_LINES: RandomLinesOptions = {
  count: [1, 6],
  rate: [0.5, 200],
  upShare: [0.1, 1],
  delay: [2, 300],
  loss: [0.0001, 0.1],
  lossyShare: 0.5,
  jitter: [0.5, 30],
  jitteryShare: 0.5,
  reorderingShare: 0.3,
  bloat: [5, 2000],
  changingShare: 0.3,
  duration: milliseconds(60_000),
};

/** A set of lines, and how their rates change. */
export type RandomLines = { readonly lines: readonly SimulatedLine[]; readonly changes: readonly LineChange[] };

/** Draws a set of lines; the same seed and options give the same set. */
export function randomLines(seed: number, options: Partial<RandomLinesOptions> = {}): RandomLines {
  const dice = new Random(seed);
  const all = { ...ANY_LINES, ...options };
  const [fewest, most] = all.count;
  const lines: SimulatedLine[] = [];
  const changes: LineChange[] = [];
  const count = fewest + dice.below(most - fewest + 1);
  for (let line = 0; line < count; line++) {
    const drawn = randomLine(dice, all);
    lines.push(drawn);
    // Drawn apart, so that the lines are the same however long their rates change.
    const ofChanges = new Random(dice.uint32());
    if (dice.happens(all.changingShare)) changes.push(...rateChanges(drawn, line, ofChanges, all.duration));
  }
  return { lines, changes: changes.toSorted((a, b) => a.at - b.at) };
}

/** Whether lines differ so little that a bundle should carry nearly their sum: 10 times in rate, 100 ms in delay. */
export function areComparable(lines: readonly SimulatedLine[]): boolean {
  const spread = (values: readonly number[]): Range => [Math.min(...values), Math.max(...values)];
  const [slowest, fastest] = spread(lines.map(({ down }) => Number(down.rate)));
  const [nearest, farthest] = spread(lines.map(({ down }) => down.delay ?? 0));
  return fastest <= 10 * slowest && farthest - nearest <= 100;
}

/** The lines with the most that each ever carries as its configured rate: what an operator knows from a contract. */
export function configuredByPeak({ lines, changes }: RandomLines): SimulatedLine[] {
  return lines.map((line, index) => {
    const own = changes.filter((change) => change.line === index);
    const peakOf = (way: "up" | "down"): number => {
      const changed = own.flatMap((change) => (change.kind === "options" ? (change[way] ?? []) : []));
      return Math.max(...[line[way], ...changed].map(rateOf));
    };
    return { ...line, uploadRate: peakOf("up"), downloadRate: peakOf("down") };
  });
}

/** A line in a few words, for messages. */
export function describeLine({ down }: SimulatedLine): string {
  const rate = ((Number(down.rate) * 8) / 1e6).toPrecision(3);
  const loss = down.loss === undefined || down.loss.kind === "none" ? "" : ` ${down.loss.kind} loss`;
  const jitter = down.jitter === undefined ? "" : ` jitter ${down.jitter.toFixed(1)} ms`;
  return `${rate} Mbit/s ${down.delay?.toFixed(0)} ms${loss}${jitter}`;
}

function randomLine(dice: Random, options: RandomLinesOptions): SimulatedLine {
  const rate = megabitsPerSecond(logUniform(dice, options.rate));
  const upRate = rate * uniform(dice, options.upShare);
  const bloat = logUniform(dice, options.bloat);
  const isJittery = dice.happens(options.jitteryShare);
  const jitter = milliseconds(logUniform(dice, options.jitter));
  const common: Partial<LineOptions> = {
    mtu: MTU,
    delay: milliseconds(logUniform(dice, options.delay)),
    loss: randomLoss(dice, options),
    ...(isJittery ? { jitter, mayReorder: dice.happens(options.reorderingShare) } : {}),
  };
  const directed = (of: number): Partial<LineOptions> => ({
    ...common,
    rate: bytesPerSecond(of),
    queue: { kind: "bytes", limit: bytes(Math.max(SMALLEST_QUEUE, (of * bloat) / 1000)) },
  });
  return { up: directed(upRate), down: directed(rate) };
}

function randomLoss(dice: Random, { loss, lossyShare }: RandomLinesOptions): LossModel {
  const probability = logUniform(dice, loss);
  const isBursty = dice.happens(0.5);
  if (!dice.happens(lossyShare)) return { kind: "none" };
  if (!isBursty) return { kind: "random", probability };
  // Bursts of ten packets on average, of which half are lost.
  const [toGood, lossWhenBad] = [0.1, 0.5];
  const badShare = probability / lossWhenBad;
  return {
    kind: "gilbert-elliott",
    toBad: (toGood * badShare) / (1 - badShare),
    toGood,
    lossWhenGood: 0,
    lossWhenBad,
  };
}

function rateChanges(
  line: SimulatedLine,
  index: number,
  dice: Random,
  duration: Milliseconds,
): readonly LineChange[] {
  const scaled = (options: Partial<LineOptions>, factor: number): Partial<LineOptions> => ({
    rate: bytesPerSecond(Number(options.rate) * factor),
  });
  return rateShape(dice, duration).map(({ at, factor }) => ({
    at,
    line: index,
    kind: "options",
    up: scaled(line.up, factor),
    down: scaled(line.down, factor),
  }));
}

function uniform(dice: Random, [least, most]: Range): number {
  return least + (most - least) * dice.fraction();
}

function logUniform(dice: Random, [least, most]: Range): number {
  return least * (most / least) ** dice.fraction();
}
