import { ONE_FLOW } from "./one-flow.ts";
import type { Scenario } from "./scenario.ts";

/** All scenarios, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [ONE_FLOW];
