import type { MemberLink } from "../link/member-link.ts";
import { earliest, type Milliseconds, milliseconds, NEVER, seconds } from "../units.ts";

// So many packets tell the share that is lost; more than these are not remembered.
const TELLING_PACKETS = 200;
// A rate that is far too high is noticed sooner.
const TELLING_TIME = seconds(1);
const REMEMBERED_PACKETS = 1000;

// A trial is over after so many packets, of which one or two more may be lost than is the limit's share.
const TRIAL_PACKETS = 100;
const TRIAL_SLACK = 1;

const LONGEST_WAIT = seconds(300);

// After a round trip and this it is known what became of a packet.
const LATEST_REPORT = milliseconds(100);

// A line that stalled once has a long smoothed round trip for a moment; one that swings, for longer than this.
const SWINGS_FOR = seconds(2);

/** What a link may be like at most. */
export type QualityLimits = {
  /** The share of what is sent that is lost, 0 to 1; 1 for no limit. */
  readonly loss: number;
  /** The round-trip time, and by how much it may exceed its least; `NEVER` for no limit. */
  readonly latency: Milliseconds;
  readonly swing: Milliseconds;
};

type WatchState =
  | { readonly kind: "good"; readonly since: Milliseconds }
  | { readonly kind: "bad"; readonly reason: string; readonly until: Milliseconds }
  /** It carries copies of what others carry, by which it is measured. */
  | { readonly kind: "trial"; readonly reason: string; readonly until: Milliseconds };

/**
 * Watches whether a link keeps within limits. One that does not is tried again after a while, at first after the time
 * that is given, then after twice as long and so on, by copies of what other links carry.
 */
export class QualityWatch {
  readonly #firstWait: Milliseconds;
  #state: WatchState = { kind: "good", since: milliseconds(Number.NEGATIVE_INFINITY) };
  #wait: number;
  #swingsSince: Milliseconds = NEVER;
  #arrived = 0;
  #lost = 0;
  #countedSince: Milliseconds = NEVER;
  #totalArrived = 0;
  #totalLost = 0;

  constructor(firstWait: Milliseconds) {
    this.#firstWait = firstWait;
    this.#wait = firstWait;
  }

  /** Why the link is not within the limits, and when it is tried again; undefined when it is. */
  get fault(): { readonly reason: string; readonly until: Milliseconds } | undefined {
    const state = this.#state;
    return state.kind === "good" ? undefined : { reason: state.reason, until: state.until };
  }

  /** Whether the link wants copies of what others carry. */
  get isTrial(): boolean {
    return this.#state.kind === "trial";
  }

  /** Takes what was measured of the link since; to be called a few times a second. */
  update(link: MemberLink, limits: QualityLimits, now: Milliseconds): void {
    this.#count(link, now);
    const state = this.#state;
    if (state.kind === "good") this.#judge(link, limits, state.since, now);
    else if (state.kind === "bad" && now >= state.until) this.#enter({ ...state, kind: "trial" });
    else if (state.kind === "trial") this.#endTrial(link, limits, now);
  }

  #judge(link: MemberLink, limits: QualityLimits, since: Milliseconds, now: Milliseconds): void {
    const reason = this.#excess(link, limits, now);
    if (reason === undefined) return;
    this.#wait = now - since > 2 * this.#wait ? this.#firstWait : Math.min(LONGEST_WAIT, 2 * this.#wait);
    this.#enter({ kind: "bad", reason, until: milliseconds(now + this.#wait) });
  }

  #endTrial(link: MemberLink, limits: QualityLimits, now: Milliseconds): void {
    const packets = this.#arrived + this.#lost;
    if (packets < TRIAL_PACKETS) return;
    const isLossy = this.#lost > limits.loss * packets + TRIAL_SLACK;
    const reason = isLossy ? lossText(this.#lost / packets, limits) : this.#delayExcess(link, limits, now);
    if (reason === undefined) return this.#enter({ kind: "good", since: now });
    this.#wait = Math.min(LONGEST_WAIT, 2 * this.#wait);
    this.#enter({ kind: "bad", reason, until: milliseconds(now + this.#wait) });
  }

  #excess(link: MemberLink, limits: QualityLimits, now: Milliseconds): string | undefined {
    const packets = this.#arrived + this.#lost;
    const loss = this.#lost / packets;
    const isTelling = packets >= TELLING_PACKETS && now >= this.#countedSince + TELLING_TIME;
    if (isTelling && loss > limits.loss) return lossText(loss, limits);
    return this.#delayExcess(link, limits, now);
  }

  #delayExcess({ roundTripTime }: MemberLink, limits: QualityLimits, now: Milliseconds): string | undefined {
    const { smoothed, minimum } = roundTripTime;
    if (smoothed === undefined || minimum === undefined) return undefined;
    if (smoothed > limits.latency)
      return `its round trip takes ${whole(smoothed)}, and ${whole(limits.latency)} is the limit`;
    const swing = smoothed - minimum;
    if (swing <= limits.swing) this.#swingsSince = NEVER;
    else if (this.#swingsSince === NEVER) this.#swingsSince = now;
    return now - this.#swingsSince >= SWINGS_FOR ? `its round trip swings by ${whole(swing)}` : undefined;
  }

  #count({ sendLoss, estimator, roundTripTime }: MemberLink, now: Milliseconds): void {
    // What is lost while the rate is looked for, or changes all the time, was perhaps sent too fast, and so was what
    // was sent before it was lowered.
    const reportedAt = estimator.correctedAt + (roundTripTime.smoothed ?? 0) + LATEST_REPORT;
    if (now < reportedAt) this.#clear();
    else if (estimator.state.kind !== "starting" && !estimator.target.isRestless) {
      this.#arrived += sendLoss.arrived - this.#totalArrived;
      this.#lost = Math.max(0, this.#lost + sendLoss.lost - this.#totalLost);
    }
    this.#totalArrived = sendLoss.arrived;
    this.#totalLost = sendLoss.lost;
    const packets = this.#arrived + this.#lost;
    if (packets > 0) this.#countedSince = earliest(this.#countedSince, now);
    if (packets <= REMEMBERED_PACKETS) return;
    this.#arrived *= REMEMBERED_PACKETS / packets;
    this.#lost *= REMEMBERED_PACKETS / packets;
  }

  #enter(state: WatchState): void {
    this.#state = state;
    this.#clear();
  }

  #clear(): void {
    this.#arrived = 0;
    this.#lost = 0;
    this.#countedSince = NEVER;
  }
}

function lossText(loss: number, limits: QualityLimits): string {
  return `it loses ${percent(loss)} of what is sent, and ${percent(limits.loss)} is the limit`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function whole(time: number): string {
  return `${time.toFixed(0)} ms`;
}
