import { type Milliseconds, milliseconds } from "../../../shared/protocol/units.ts";
import type { Random } from "../../emulator/random.ts";

const STEP = 100;
const LEAST_FACTOR = 0.1;

/** From when on a line has which share of its rate. */
export type RateStep = { readonly at: Milliseconds; readonly factor: number };

type Shape = (dice: Random) => (at: number) => number;

const SHAPES: readonly Shape[] = [steps, wave, walk, fades];

/** How a line's rate changes over a time, as those of cellular and shared lines do, drawn by chance. */
export function rateShape(dice: Random, duration: Milliseconds): RateStep[] {
  const shape = SHAPES[dice.below(SHAPES.length)] ?? walk;
  const factorAt = shape(dice);
  const result: RateStep[] = [];
  for (let at = 0; at < duration; at += STEP) {
    const factor = Math.max(LEAST_FACTOR, factorAt(at));
    if (factor !== result.at(-1)?.factor) result.push({ at: milliseconds(at), factor });
  }
  return result;
}

/** Half and whole by turns. */
function steps(dice: Random): (at: number) => number {
  const period = 4000 + dice.below(8000);
  return (at) => (at % period < period / 2 ? 1 : 0.5);
}

/** Up and down in the course of many seconds. */
function wave(dice: Random): (at: number) => number {
  const period = 5000 + dice.below(20_000);
  const depth = 0.2 + 0.3 * dice.fraction();
  return (at) => 1 - depth + depth * Math.sin((2 * Math.PI * at) / period);
}

/** A little more or less every 100 ms. */
function walk(dice: Random): (at: number) => number {
  let level = 0;
  return () => {
    level = 0.98 * level + 0.15 * (dice.fraction() + dice.fraction() - 1);
    return Math.min(2, Math.exp(level));
  };
}

/** Full speed, with fades of up to a second. */
function fades(dice: Random): (at: number) => number {
  let fadesUntil = 0;
  return (at) => {
    if (at >= fadesUntil && dice.happens(0.02)) fadesUntil = at + 200 + dice.below(800);
    return at < fadesUntil ? LEAST_FACTOR : 1;
  };
}
