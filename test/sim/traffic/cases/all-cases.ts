import { badLineCase } from "./bad-line-cases.ts";
import { capacityCase } from "./capacity-cases.ts";
import { cellularCase } from "./cellular-cases.ts";
import { cutCase } from "./cut-cases.ts";
import { delayCase } from "./delay-cases.ts";
import { faultCase } from "./fault-cases.ts";
import { followCase } from "./follow-cases.ts";
import type { MeasuredCase } from "./measured-case.ts";
import { randomCase } from "./random-cases.ts";

/** The cases of the promise, by their numbers. */
export const CASES: Readonly<Record<string, MeasuredCase>> = {
  "1": capacityCase,
  "2": faultCase,
  "3": followCase,
  "4": delayCase,
  "5": cutCase,
  "6": randomCase,
  "7": cellularCase,
  "8": badLineCase,
};
