import type { MemberLink } from "../link/member-link.ts";
import { rateText } from "../link/rate-state.ts";
import { bytesPerSecond, type Milliseconds, milliseconds, seconds } from "../units.ts";

// How long each of the three parts of a test takes, of which the beginning does not count.
const PART = seconds(3);
const GUARD = seconds(0.7);

// What is carried before is that of the better half: in the other one a flow may not have begun, or have been slow to start.
const HALF = milliseconds((PART - GUARD) / 2);

// The link is taken in again sooner when it is clear by then that so much less is carried without it.
const CLEAR_AFTER = seconds(1.5);
const CLEARLY_LESS = 0.7;

// By how much more the others must carry without a link for it to be benched.
const CLEARLY_MORE = 1.1;

const FIRST_TEST_AFTER = seconds(4);
const FIRST_WAIT = seconds(30);
const LONGEST_WAIT = seconds(300);

// Below this, nothing is worth a test.
const LEAST_RATE = bytesPerSecond(125_000);

// Links that are as full together as this do no harm to each other.
const WELL_FILLED = 0.8;

// A link is suspect when it lost so many of its packets, varies so much in delay, or is so much farther than the nearest.
const SUSPECT_LOSS = 0.01;
const SUSPECT_JITTER = 5;
const SUSPECT_DISTANCE = 40;
const CARRIES = 0.03;

/** What is known of the links at a time. */
export type Sample = {
  readonly now: Milliseconds;
  /** All bytes of users' packets that arrived, each once. */
  readonly delivered: number;
};

type TestState =
  | { readonly kind: "resting"; readonly until: Milliseconds }
  /** What is carried with the link, first; at its best so far. */
  | {
      readonly kind: "before";
      readonly start: Sample;
      readonly sent: ReadonlyMap<MemberLink, number>;
      readonly best: number;
    }
  | { readonly kind: "without"; readonly link: MemberLink; readonly before: number; readonly start: Sample }
  | {
      readonly kind: "after";
      readonly link: MemberLink;
      readonly before: number;
      readonly without: number;
      readonly start: Sample;
    };

/** A link that the others are better off without, and the measured reason. */
export type Harm = { readonly link: MemberLink; readonly reason: string };

/**
 * Finds links that make the others slower, by trying: when links together carry clearly less than they could, the most
 * suspect of them is left out for three seconds and taken in again. Only when more was carried without it than before
 * and after, it does harm: what a flow would have gained or lost anyway does not go up and down like that.
 */
export class HarmTest {
  #state: TestState = { kind: "resting", until: FIRST_TEST_AFTER };
  #wait: number = FIRST_WAIT;
  #countedFrom: Sample = { now: milliseconds(0), delivered: 0 };

  /** The link that is left out at the moment, to see what the others carry without it. */
  get leftOut(): MemberLink | undefined {
    return this.#state.kind === "without" ? this.#state.link : undefined;
  }

  /** Takes how things are, a few times a second, of the links that are in use; answers when a link was found to do harm. */
  update(links: readonly MemberLink[], sample: Sample): Harm | undefined {
    const state = this.#state;
    const { now } = sample;
    if (state.kind === "resting") {
      if (now >= state.until && links.length > 1) this.#begin(links, sample);
      return undefined;
    }
    if (now < state.start.now + GUARD) this.#countedFrom = sample;
    const rate = this.#rate(sample);
    if (state.kind === "without" && now >= state.start.now + CLEAR_AFTER && rate < CLEARLY_LESS * state.before)
      this.#acquit(now);
    if (state.kind === "before" && now >= this.#countedFrom.now + HALF) this.#endHalf(links, state, rate, sample);
    if (this.#state !== state || state.kind === "before" || now < state.start.now + PART) return undefined;
    if (!state.link.isUp) this.#rest(now, this.#wait);
    else if (state.kind === "without") this.#takeIn(state, rate, sample);
    else return this.#conclude(state, rate, now);
    return undefined;
  }

  /** Gives up a test that is under way. */
  stop(now: Milliseconds): void {
    this.#rest(now, FIRST_TEST_AFTER);
  }

  #begin(links: readonly MemberLink[], start: Sample): void {
    const sent = new Map(links.map((link) => [link, link.sent.bytes]));
    this.#countedFrom = start;
    this.#state = { kind: "before", start, sent, best: 0 };
  }

  #endHalf(
    links: readonly MemberLink[],
    state: TestState & { readonly kind: "before" },
    rate: number,
    sample: Sample,
  ): void {
    const best = Math.max(state.best, rate);
    this.#countedFrom = sample;
    if (sample.now < state.start.now + PART) this.#state = { ...state, best };
    else this.#leaveOut(this.#suspectOf(links, state.sent, best), best, sample);
  }

  #leaveOut(link: MemberLink | undefined, before: number, start: Sample): void {
    this.#countedFrom = start;
    if (link === undefined) this.#rest(start.now, FIRST_TEST_AFTER);
    else this.#state = { kind: "without", link, before, start };
  }

  #takeIn(state: TestState & { readonly kind: "without" }, without: number, start: Sample): void {
    if (without < CLEARLY_MORE * state.before) return this.#acquit(start.now);
    this.#countedFrom = start;
    this.#state = { ...state, kind: "after", without, start };
  }

  #conclude(state: TestState & { readonly kind: "after" }, after: number, now: Milliseconds): Harm | undefined {
    const { link, before, without } = state;
    const withIt = Math.max(before, after);
    if (without < CLEARLY_MORE * withIt) {
      this.#acquit(now);
      return undefined;
    }
    this.#wait = FIRST_WAIT;
    this.#rest(now, FIRST_TEST_AFTER);
    const [more, less] = [rateText(bytesPerSecond(without)), rateText(bytesPerSecond(withIt))];
    return { link, reason: `the bundle carried ${more} without it and ${less} with it` };
  }

  /** The link did no harm: tests become rare. */
  #acquit(now: Milliseconds): void {
    this.#rest(now, this.#wait);
    this.#wait = Math.min(LONGEST_WAIT, 2 * this.#wait);
  }

  #rest(now: Milliseconds, wait: number): void {
    this.#state = { kind: "resting", until: milliseconds(now + wait) };
  }

  #rate({ now, delivered }: Sample): number {
    const from = this.#countedFrom;
    return ((delivered - from.delivered) * 1000) / Math.max(1, now - from.now);
  }

  /** The link to leave out: of those that carried something the most suspect, if they carried too little together. */
  #suspectOf(
    links: readonly MemberLink[],
    sent: ReadonlyMap<MemberLink, number>,
    rate: number,
  ): MemberLink | undefined {
    const sentSince = (link: MemberLink): number => link.sent.bytes - (sent.get(link) ?? link.sent.bytes);
    const all = links.reduce((sum, link) => sum + sentSince(link), 0);
    const carrying = links.filter((link) => link.isUp && !link.isSilent && sentSince(link) >= CARRIES * all);
    const capacity = carrying.reduce((sum, { estimator }) => sum + estimator.capacity, 0);
    if (carrying.length < 2 || rate < LEAST_RATE || rate >= WELL_FILLED * capacity) return undefined;
    const nearest = Math.min(...carrying.map((link) => link.roundTripTime.minimum ?? 0));
    let worst: MemberLink | undefined;
    let most = 1;
    for (const link of carrying) {
      const suspicion = suspicionOf(link, nearest);
      const couldGain = capacity - link.estimator.capacity >= CLEARLY_MORE * rate;
      if (suspicion <= most || !couldGain) continue;
      worst = link;
      most = suspicion;
    }
    return worst;
  }
}

/** Above 1 for a link that may do harm. */
function suspicionOf({ sendLoss, estimator, roundTripTime }: MemberLink, nearest: number): number {
  const farther = ((roundTripTime.minimum ?? nearest) - nearest) / 2;
  return Math.max(
    sendLoss.share / SUSPECT_LOSS,
    estimator.queue.variation / SUSPECT_JITTER,
    farther / SUSPECT_DISTANCE,
  );
}
