import type { Decisions } from "../decisions.ts";
import { type Milliseconds, milliseconds, NEVER, seconds } from "../units.ts";
import type { MemberLink } from "./member-link.ts";

// A rate has changed when it differs by this for a second; not again within five, so that a line that never rests leaves
// room for the rest.
const CHANGED_BY = 1.2;
const SETTLED_AFTER = seconds(1);
const RATE_INTERVAL = seconds(5);

// Less of a change of how far ahead a line is filled, nobody feels; in milliseconds.
const FELT = 3;

type Verdict = "plausible" | "too high" | "may be too low";

/** Compares a link with how it was before, and notes what was decided about it meanwhile. Not for the data path. */
export class LinkWatch {
  readonly #link: MemberLink;
  readonly #decisions: Decisions;
  #state: MemberLink["state"];
  #use: MemberLink["use"]["kind"];
  #silentSince: Milliseconds = NEVER;
  #sentAgain = 0;
  #capacity: number;
  #isRateKnown = false;
  #changedAt: Milliseconds = NEVER;
  #rateNotedAt = milliseconds(Number.NEGATIVE_INFINITY);
  #verdict: Verdict = "plausible";
  #mtu: number;
  #lead: number;

  constructor(link: MemberLink, decisions: Decisions) {
    this.#link = link;
    this.#decisions = decisions;
    this.#state = link.state;
    this.#use = link.use.kind;
    this.#capacity = link.estimator.capacity;
    this.#mtu = link.pathMtu.current;
    this.#lead = link.pacer.lead;
  }

  /**
   * Notes what is new after a report or its absence, while the link's `sentPackets` still lists what it lost by that.
   * `sentAgain` is how many fragments the bundle has sent again so far.
   */
  observe(sentAgain: number, now: Milliseconds): void {
    this.#watchState(now);
    this.#watchUse(now);
    this.#watchSilence(sentAgain, now);
    this.#watchRate(now);
    this.#watchConfigured(now);
    this.#watchMtu(now);
    this.#watchLead(now);
  }

  /** Takes the link as it is now for the first time, as on another path. */
  restart(): void {
    this.#capacity = this.#link.estimator.capacity;
    this.#isRateKnown = false;
    this.#changedAt = NEVER;
  }

  #watchState(now: Milliseconds): void {
    const before = this.#state;
    const { name: link, state } = this.#link;
    if (state === before) return;
    this.#state = state;
    const lastedMs = state.since - before.since;
    const { kind, reason } = state;
    this.#decisions.note({ kind: "state", link, state: kind, reason, before: before.kind, lastedMs }, now);
  }

  #watchUse(now: Milliseconds): void {
    const { name: link, use } = this.#link;
    if (use.kind === this.#use) return;
    this.#use = use.kind;
    const reason = use.kind === "used" ? null : use.reason;
    const retryMs = use.kind === "benched" ? use.until - now : null;
    this.#decisions.note({ kind: "use", link, use: use.kind, reason, retryMs }, now);
  }

  #watchSilence(sentAgain: number, now: Milliseconds): void {
    const { name: link, isSilent, isUp, sentPackets } = this.#link;
    const wasSilent = this.#silentSince !== NEVER;
    if (isSilent === wasSilent) return;
    if (isSilent) {
      const { lost } = sentPackets;
      const unansweredMs = lost.count === 0 ? 0 : now - sentPackets.sentAt(lost.at(0));
      this.#silentSince = milliseconds(now - unansweredMs);
      this.#sentAgain = sentAgain;
      this.#decisions.note({ kind: "silent", link, unansweredMs, unansweredPackets: lost.count }, now);
      return;
    }
    const silentMs = now - this.#silentSince;
    this.#silentSince = NEVER;
    // Where the link went down meanwhile, its coming up says that it answers.
    if (!isUp) return;
    this.#decisions.note({ kind: "answering", link, silentMs, sentAgainPackets: sentAgain - this.#sentAgain }, now);
  }

  #watchRate(now: Milliseconds): void {
    const { name: link, estimator, sendLoss } = this.#link;
    const { capacity, state, queue } = estimator;
    const isSearching = state.kind === "starting" || state.kind === "rising";
    const ratio = capacity / this.#capacity;
    const isChanged = ratio >= CHANGED_BY || ratio <= 1 / CHANGED_BY;
    if (!isChanged) this.#changedAt = NEVER;
    else if (this.#changedAt === NEVER) this.#changedAt = now;
    const isSettled = now - this.#changedAt >= SETTLED_AFTER && now - this.#rateNotedAt >= RATE_INTERVAL;
    if (!isChanged || isSearching || !isSettled) return;
    const values = { fromBytesPerSecond: this.#capacity, toBytesPerSecond: capacity };
    const causes = { rateState: state.kind, queueMs: queue.current, lossShare: sendLoss.share };
    this.#decisions.note({ kind: "rate", link, isFirst: !this.#isRateKnown, ...values, ...causes }, now);
    this.#capacity = capacity;
    this.#isRateKnown = true;
    this.#changedAt = NEVER;
    this.#rateNotedAt = now;
  }

  #watchConfigured(now: Milliseconds): void {
    const { name: link, estimator } = this.#link;
    const verdict = verdictOn(this.#link);
    // A ceiling seems too low only while it is sent: that it is not, says nothing.
    const isPause = verdict === "plausible" && this.#verdict === "may be too low";
    if (verdict === this.#verdict || isPause) return;
    const { limits, capacity } = estimator;
    if (limits.kind === "auto") return;
    const doubted = limits.kind === "range" && verdict !== "may be too low" ? limits.minimum : undefined;
    const configured = doubted ?? (limits.kind === "range" ? limits.maximum : limits.rate);
    const rates = { configuredBytesPerSecond: configured, foundBytesPerSecond: capacity };
    this.#decisions.note({ kind: "configured rate", link, verdict, ...rates }, now);
    this.#verdict = verdict;
  }

  #watchMtu(now: Milliseconds): void {
    const { name: link, pathMtu } = this.#link;
    const toBytes = pathMtu.current;
    if (toBytes === this.#mtu || pathMtu.isSearching) return;
    this.#decisions.note({ kind: "mtu", link, fromBytes: this.#mtu, toBytes }, now);
    this.#mtu = toBytes;
  }

  #watchLead(now: Milliseconds): void {
    const { name: link, pacer } = this.#link;
    const toMs = pacer.lead;
    if (Math.abs(toMs - this.#lead) < FELT) return;
    this.#decisions.note({ kind: "lead", link, fromMs: this.#lead, toMs }, now);
    this.#lead = toMs;
  }
}

/** What the rate that was found says of the configured one. */
export function verdictOn({ estimator }: MemberLink): Verdict {
  if (estimator.isConfiguredTooHigh) return "too high";
  return estimator.mayBeTooLow ? "may be too low" : "plausible";
}
