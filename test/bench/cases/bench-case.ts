import type { BenchNetwork } from "../network.ts";
import type { Figures } from "../results/measurement.ts";
import type { Carrier } from "../subjects/subject.ts";

/** A subject that is up, its network, and the processes that belong to it on each side. */
export type Running = {
  readonly name: string;
  readonly network: BenchNetwork;
  readonly carrier: Carrier;
  readonly clientPids: readonly number[];
  readonly serverPids: readonly number[];
};

/** One thing to measure of every subject. */
export type BenchCase = {
  /** The word by which the command line chooses it together with its kin, such as "tcp-1". */
  readonly group: string;
  /** Its own name, such as "tcp-1 down". */
  readonly name: string;
  /** Why it cannot be measured of a subject, or undefined. */
  readonly missing?: (running: Running) => string | undefined;
  /** Measures it once, for about so many seconds. */
  readonly measure: (running: Running, seconds: number) => Promise<Figures>;
};
