import { BAD_LINE } from "./bad-line.ts";
import { CELLULAR } from "./cellular.ts";
import { CUT_LINE } from "./cut-line.ts";
import { FOUND_RATES } from "./found-rates.ts";
import { HARD_LINES } from "./hard-lines.ts";
import { LATENCY } from "./latency.ts";
import { ONE_FLOW } from "./one-flow.ts";
import type { Scenario } from "./scenario.ts";

/** All scenarios, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  ONE_FLOW,
  HARD_LINES,
  FOUND_RATES,
  LATENCY,
  CUT_LINE,
  CELLULAR,
  BAD_LINE,
];
