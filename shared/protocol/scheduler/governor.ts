import { type LinkUse, USED } from "../link/link-use.ts";
import type { MemberLink } from "../link/member-link.ts";
import { type Milliseconds, milliseconds, NEVER, seconds } from "../units.ts";
import { HarmTest } from "./harm-test.ts";
import { QualityWatch } from "./quality-watch.ts";

// How often links are judged; what goes silent or down is noticed at once.
const INTERVAL = milliseconds(100);

// Beyond these a link does more harm than good to those who share their flows with it.
const HARMFUL = { loss: 0.15, latency: NEVER, swing: seconds(1) };

const LEFT_OUT: LinkUse = { kind: "reserved", reason: "it is being measured what the others carry without it" };
const QUOTA_USED_UP: LinkUse = { kind: "reserved", reason: "its quota is used up" };
const LAST_RESORT: LinkUse = { kind: "reserved", reason: "it is for when no other link is left" };

const LONGEST_BENCH = seconds(300);
const TOLERANCE_WAIT = seconds(10);
const BENCH_WAIT = seconds(30);

// What keeps a link back, from nothing on. Those of the least that any link has which answers are used.
const BARS = { none: 0, fallback: 1, tolerance: 2, fallbackBeyondTolerance: 3, harm: 4 } as const;

type Judged = {
  readonly link: MemberLink;
  readonly tolerance: QualityWatch;
  readonly harm: QualityWatch;
  readonly bench: Bench;
  bar: number;
};

/** What a link that did harm has to sit out; the next time twice as long, up to five minutes. */
type Bench = { reason: string; until: Milliseconds; wait: number };

/**
 * Decides which links of a bundle get traffic: keeps the operator's reserves for when nothing else is left, spares
 * links beyond their tolerances, and benches those that do harm. The last good link is always used.
 */
export class Governor {
  readonly #judged = new Map<MemberLink, Judged>();
  readonly #test = new HarmTest();
  #judgedAt = milliseconds(Number.NEGATIVE_INFINITY);
  #signature = 0;
  #trials: MemberLink[] = [];

  /** The links that want copies of what others carry, to be measured by. */
  get trials(): readonly MemberLink[] {
    return this.#trials;
  }

  /**
   * Judges the links anew, when it is time or one of them came, went or fell silent, and sets their use. `delivered` is
   * what arrived of users' packets so far, in bytes, by which it shows what a link adds; undefined where links are not
   * there to add something.
   */
  update(links: readonly MemberLink[], delivered: number | undefined, now: Milliseconds): void {
    const signature = signatureOf(links);
    if (signature === this.#signature && now < this.#judgedAt + INTERVAL) return;
    this.#signature = signature;
    this.#judgedAt = now;
    for (const link of this.#judged.keys()) if (!links.includes(link)) this.#judged.delete(link);
    const judged = links.map((link) => this.#of(link));
    if (delivered === undefined) this.#test.stop(now);
    else this.#testForHarm(links, delivered, now);
    for (const one of judged) this.#judge(one, now);
    const able = judged.filter(({ link }) => isAble(link));
    const answering = able.filter(({ link }) => !link.isSilent);
    const least = Math.min(...(answering.length > 0 ? answering : able).map(({ bar }) => bar));
    for (const one of judged) one.link.use = this.#useOf(one, least, now);
    this.#trials = able.filter((one) => one.bar > least && isTrial(one)).map(({ link }) => link);
  }

  #testForHarm(links: readonly MemberLink[], delivered: number, now: Milliseconds): void {
    const used = links.filter((link) => isAble(link) && (link.use.kind === "used" || link === this.#test.leftOut));
    const harm = this.#test.update(used, { now, delivered });
    if (harm === undefined) return;
    const { bench } = this.#of(harm.link);
    // Who has done no harm for long begins anew.
    const isAgain = now < bench.until + 2 * bench.wait;
    bench.wait = isAgain ? Math.min(LONGEST_BENCH, 2 * bench.wait) : BENCH_WAIT;
    bench.until = milliseconds(now + bench.wait);
    bench.reason = harm.reason;
  }

  #judge(one: Judged, now: Milliseconds): void {
    const { link, tolerance, harm } = one;
    const { lossTolerance, latencyTolerance, isFallbackOnly } = link.line;
    tolerance.update(link, { loss: lossTolerance, latency: latencyTolerance, swing: NEVER }, now);
    harm.update(link, HARMFUL, now);
    const isReserve = isFallbackOnly || link.allowance === "fallback";
    const isBeyond = tolerance.fault !== undefined;
    if (isReserve) one.bar = isBeyond ? BARS.fallbackBeyondTolerance : BARS.fallback;
    else if (isBeyond) one.bar = BARS.tolerance;
    else if (this.#test.leftOut === link || now < one.bench.until) one.bar = BARS.harm;
    else one.bar = harm.fault !== undefined && this.#canBeSpared(link) ? BARS.harm : BARS.none;
  }

  /** Whether the links that are in order carry as much as this one delivers. */
  #canBeSpared(link: MemberLink): boolean {
    let others = 0;
    for (const one of this.#judged.values()) {
      if (one.link !== link && one.bar === BARS.none && isAble(one.link) && !one.link.isSilent)
        others += one.link.estimator.capacity;
    }
    return others >= link.estimator.capacity * (1 - link.sendLoss.share);
  }

  #useOf({ link, bar, tolerance, harm, bench }: Judged, least: number, now: Milliseconds): LinkUse {
    if (bar <= least) return USED;
    if (this.#test.leftOut === link) return LEFT_OUT;
    if (now < bench.until) return { kind: "benched", reason: bench.reason, until: bench.until };
    if (bar === BARS.harm && harm.fault !== undefined) return { kind: "benched", ...harm.fault };
    if (tolerance.fault !== undefined) return { kind: "reserved", reason: tolerance.fault.reason };
    return link.allowance === "fallback" ? QUOTA_USED_UP : LAST_RESORT;
  }

  #of(link: MemberLink): Judged {
    let judged = this.#judged.get(link);
    if (judged === undefined) {
      const tolerance = new QualityWatch(TOLERANCE_WAIT);
      const bench = { reason: "", until: milliseconds(Number.NEGATIVE_INFINITY), wait: 0 };
      judged = { link, tolerance, harm: new QualityWatch(BENCH_WAIT), bench, bar: BARS.none };
      this.#judged.set(link, judged);
    }
    return judged;
  }
}

function isAble({ isUp, association }: MemberLink): boolean {
  return isUp && association !== undefined;
}

function isTrial({ tolerance, harm }: Judged): boolean {
  return tolerance.isTrial || harm.isTrial;
}

function signatureOf(links: readonly MemberLink[]): number {
  let signature = links.length;
  for (const link of links) {
    const state = (isAble(link) ? 1 : 0) + (link.isSilent ? 2 : 0) + (link.allowance === "fallback" ? 4 : 0);
    signature = (Math.imul(signature, 31) + state * 64 + link.ordinal) | 0;
  }
  return signature;
}
