import type { BenchCase } from "./bench-case.ts";
import { FORWARDED_FLOWS, LOCAL_FLOWS } from "./flows.ts";
import { UDP_LOADS } from "./packets.ts";
import { PINGS } from "./pings.ts";

/** All cases that are measured of every subject, in the order in which they run. */
export const CASES: readonly BenchCase[] = [...LOCAL_FLOWS, ...FORWARDED_FLOWS, ...UDP_LOADS, ...PINGS];
