import type { BenchNetwork } from "../network.ts";
import type { Losses } from "../results/measurement.ts";

/** Something that carries traffic from the client to the server and back, and that is measured beside others. */
export interface Subject {
  /** Its name in tables and on the command line, such as "hawser-2". */
  readonly name: string;
  /** What this machine lacks for it, in words, or undefined. */
  missing(): string | undefined;
  /** Sets it up in a network of its own and waits until it carries traffic, also for the home PC. */
  up(network: BenchNetwork): Promise<Carrier>;
}

/** A subject that carries traffic. */
export type Carrier = {
  /** The server's address through it, for traffic between client and server themselves. */
  readonly serverAddress: string;
  /** The largest IP packet inside, in bytes. */
  readonly mtu: number;
  /** Whether programs have to speak Multipath TCP (RFC 8684) to use it. */
  readonly isMultipath?: boolean;
  /** How many packets its processes have lost or dropped so far, both ends together; left out where they do not tell. */
  readonly losses?: () => Promise<Losses>;
  /** Undoes what ending its processes and removing its namespaces does not. */
  readonly down?: () => Promise<void>;
};
