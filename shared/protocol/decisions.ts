import type { RateState } from "./link/rate-state.ts";
import type { Milliseconds } from "./units.ts";

/**
 * What was decided about a link, with the measured values that it was decided by, as plain data that is shown as it is:
 * so names have units. Shares are 0 to 1. Words for people are made of it elsewhere.
 */
export type Decision = { readonly link: string } & (
  | {
      readonly kind: "state";
      readonly state: "down" | "probing" | "up";
      readonly reason: string;
      readonly before: "down" | "probing" | "up";
      readonly lastedMs: number;
    }
  /** No report came of packets that were sent: so many are sent again elsewhere, and the link is only tried. */
  | { readonly kind: "silent"; readonly unansweredMs: number; readonly unansweredPackets: number }
  /** The peer reports again; so many packets of all links were sent again meanwhile. */
  | { readonly kind: "answering"; readonly silentMs: number; readonly sentAgainPackets: number }
  /** Whether the link gets traffic while it is up, and why not; a benched one is tried again after `retryMs`. */
  | {
      readonly kind: "use";
      readonly use: "used" | "reserved" | "benched";
      readonly reason: string | null;
      readonly retryMs: number | null;
    }
  /** The rate that the line is taken to carry, found for the first time or changed by a fifth at least. */
  | {
      readonly kind: "rate";
      readonly isFirst: boolean;
      readonly fromBytesPerSecond: number;
      readonly toBytesPerSecond: number;
      readonly rateState: RateState["kind"];
      readonly queueMs: number;
      readonly lossShare: number;
    }
  /** What the operator said of the line's rate, compared with what was found. */
  | {
      readonly kind: "configured rate";
      readonly verdict: "plausible" | "too high" | "may be too low";
      readonly configuredBytesPerSecond: number;
      readonly foundBytesPerSecond: number;
    }
  /** Bulk may use the link from now on: packets wait longer than it is farther than the last one in use. */
  | { readonly kind: "bulk begins"; readonly waitMs: number; readonly fartherMs: number }
  /** Bulk leaves the link: the nearer ones carry what there is. */
  | { readonly kind: "bulk ends"; readonly carriedBytesPerSecond: number; readonly nearerBytesPerSecond: number }
  /** How far ahead of the clock the line is filled: further where the process runs late on a busy machine. */
  | { readonly kind: "lead"; readonly fromMs: number; readonly toMs: number }
  /** The largest packet that the path carries whole. */
  | { readonly kind: "mtu"; readonly fromBytes: number; readonly toBytes: number }
  /** The peer's packets come from another address, which ours now go to. */
  | { readonly kind: "path" }
);

/** A decision with the time of the monotonic clock at which it was last made, and how often since `since`. */
export type DecisionRecord = {
  readonly decision: Decision;
  readonly at: Milliseconds;
  readonly since: Milliseconds;
  readonly times: number;
};

const REMEMBERED = 256;

// What is decided to and fro, many times a second, must not push out the rest: the repetitions of this time are one entry.
const REPEATED_WITHIN = 10_000;
const OFTEN_REPEATED: ReadonlySet<Decision["kind"]> = new Set([
  "silent",
  "answering",
  "configured rate",
  "bulk begins",
  "bulk ends",
  "lead",
]);

/** The latest decisions about the links of a bundle. For the control path only: every note makes an object. */
export class Decisions {
  readonly #records: DecisionRecord[] = [];
  readonly #onNote: (decision: Decision) => void;

  /** `onNote` is told of every decision at once. */
  constructor(onNote: (decision: Decision) => void = () => {}) {
    this.#onNote = onNote;
  }

  /** The latest ones, the newest last. */
  get records(): readonly DecisionRecord[] {
    return this.#records;
  }

  /** Notes a decision, in place of the same kind about the same link when that is often repeated. */
  note(decision: Decision, now: Milliseconds): void {
    const repeated = this.#takeRepeated(decision, now);
    this.#records.push({ decision, at: now, since: repeated?.since ?? now, times: (repeated?.times ?? 0) + 1 });
    if (this.#records.length > REMEMBERED) this.#records.shift();
    this.#onNote(decision);
  }

  #takeRepeated({ kind, link }: Decision, now: Milliseconds): DecisionRecord | undefined {
    if (!OFTEN_REPEATED.has(kind)) return undefined;
    const place = this.#records.findLastIndex(({ decision }) => decision.kind === kind && decision.link === link);
    const record = this.#records[place];
    if (record === undefined || now - record.since > REPEATED_WITHIN) return undefined;
    this.#records.splice(place, 1);
    return record;
  }
}
