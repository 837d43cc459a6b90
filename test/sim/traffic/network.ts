import type { Milliseconds } from "../../../shared/protocol/units.ts";

/** The two places between which traffic flows: the client's home, and a host on the internet behind the server. */
export type Side = "client" | "internet";

/** Takes a packet that arrived: its first bytes, with all headers, which are good until the call returns. */
export type Arrival = (at: Side, packet: Uint8Array) => void;

/** What carries IP packets between the two sides, in virtual time. */
export interface Network {
  readonly now: Milliseconds;
  /** The largest packet that it carries whole, in bytes. */
  readonly mtu: number;
  readonly clientAddress: readonly number[];
  /** Takes a packet, whose bytes the caller may use again. */
  send(from: Side, packet: Uint8Array): void;
  /** When something happens next; never later than that. */
  nextTimeout(): Milliseconds;
  /** Lets time pass, during which nothing may happen before `until`. */
  advance(until: Milliseconds): void;
  /** Hands over what has arrived by now, in order. */
  receive(take: Arrival): void;
}
