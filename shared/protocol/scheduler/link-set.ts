import type { Decisions } from "../decisions.ts";
import type { MemberLink } from "../link/member-link.ts";
import { linksOfLeastStanding } from "../link/standing.ts";
import { type Milliseconds, milliseconds, NEVER, seconds } from "../units.ts";
import { BundleUnrest } from "./bundle-unrest.ts";
import { TRANSFER } from "./demand-size.ts";
import { FarTrial, isTooFarToTry } from "./far-trial.ts";
import { delayOf, usualCapacityOf } from "./link-delay.ts";

// Lines whose delays differ by less are used together at once.
const SAME_DELAY = 3;

// A link is worth its delay when it adds at least this share of rate for each second of delay: a tenth for 100 ms.
const SHARE_PER_SECOND = 1;

// Bulk begins with as many of the nearest links as come near the fastest of those that are not much farther: it must not
// be slower than that alone.
const LEAST_OF_FASTEST = 0.7;
const NOT_MUCH_FARTHER = 75;

// A link that adds less to the others is not worth its risk, and still less when it is known to lose packets or to jitter.
const LEAST_SHARE = 0.02;
const LEAST_SHARE_OF_DOUBTFUL = 0.06;
const DOUBTFUL_LOSS = 0.01;
// A rate that was not proven for ten seconds says little of a link that was given nothing since.
const SURE = 0.7;
const DOUBTFUL_JITTER = 3;
// The queue does not grow longer than this only to find out what such a link carries.
const LONGEST_TRIAL_WAIT = 120;

// What waits so long in front of a tier shows that it is full.
const TIER_DISTANCE = 25;

// How full the others must be for the slowest link to stay in use, and over how long a time that is measured.
const FULL_SHARE = 0.97;
const MEASURED_FOR = 200;
const MEASURED_TIMES = 3;

// A link that went away may come back as it was, and a window that fits all of them fills it at once. It is given little
// at first, so that what has been waiting needs some time more.
const AWAITED_FOR = seconds(30);
const RETURNS_FOR = seconds(1);

// What waits is taken on average over this time: bursts come and go.
const AVERAGED_OVER = 60;

// In less than this share of the time packets wait for a copy. One comes a round trip after the loss, and a report's time.
const NOTED_STALLS = 0.01;
const REPORT_GAP = 20;

/**
 * The links that bulk is spread over: the nearest ones, as many as it fills. Packets arrive in order, so all of them wait
 * for the farthest link in use. A flow with a given window gets more from one link more only if that waits already as long
 * in the queue as the next link is farther away; and less from it when it no longer fills the others.
 */
export class LinkSet {
  /** Where it is noted when bulk begins or ends to use a link. */
  decisions: Decisions | undefined;
  /** How much what the links in use carry changes. */
  readonly unrest = new BundleUnrest();
  #ordered: MemberLink[] = [];
  #count = 1;
  /** How many links are used at least. */
  #least = 1;
  #isMember = new Uint8Array(64);
  #carried = 0;
  #carriedRate = 0;
  #measuredSince = milliseconds(Number.NEGATIVE_INFINITY);
  #now = milliseconds(0);
  /** How often in a row the nearer links were found not to be full. */
  #notFull = 0;
  #backlog = 0;
  #backlogAt = milliseconds(0);
  readonly #trial = new FarTrial();

  /** Whether bulk may use the link. */
  has(link: MemberLink): boolean {
    return this.#isMember[link.ordinal] === 1;
  }

  /** How long the queue must stand for the next link to be of use; 0 when all that are worth it are in use. */
  get usefulWait(): Milliseconds {
    const next = this.#ordered[this.#count];
    if (next === undefined || !this.#isWorth(this.#count)) return milliseconds(0);
    const wait = this.#extraDelay(this.#count);
    return milliseconds(this.#isUnsure(next) && wait > LONGEST_TRIAL_WAIT ? 0 : wait);
  }

  /** Counts what left on any link. */
  onCarried(size: number): void {
    this.#carried += size;
  }

  /** Takes one link more into use when what has been waiting would arrive earlier by it; true when it did. */
  grow(backlog: number, now: Milliseconds): boolean {
    this.#average(backlog, now);
    if (!this.#isWorth(this.#count)) return false;
    const wait = (this.#backlog * 1000) / this.#rateOf(this.#count) + this.#queueInLines(now);
    if (wait < this.#extraDelay(this.#count)) return false;
    this.#count++;
    this.#notFull = 0;
    this.#mark(now);
    return true;
  }

  /** How much longer than wanted all links in use make wait in their lines, as when their rates are taken for too high. */
  #queueInLines(now: Milliseconds): number {
    let shortest: number = NEVER;
    for (let place = 0; place < this.#count; place++) {
      const estimator = this.#ordered[place]?.estimator;
      if (estimator !== undefined)
        shortest = Math.min(shortest, estimator.queue.currentAt(now) - estimator.target.wanted);
    }
    return Math.max(0, shortest);
  }

  /** Sorts the links that are used by tier and delay, and gives up the farthest when the others are not full. */
  refresh(links: readonly MemberLink[], backlog: number, now: Milliseconds): void {
    this.#now = now;
    const usable = linksOfLeastStanding(links);
    this.#ordered = usable.sort((a, b) => a.line.priority - b.line.priority || delayOf(a) - delayOf(b));
    this.#dropSlight();
    this.#least = this.#leastCount();
    this.#count = Math.max(this.#least, Math.min(this.#count, this.#ordered.length));
    this.#average(backlog, now);
    const elapsed = now - this.#measuredSince;
    if (elapsed >= MEASURED_FOR) {
      this.#carriedRate = (this.#carried * 1000) / elapsed;
      const mayLeave = this.#count > this.#least;
      const isFull = mayLeave && this.#carriedRate >= FULL_SHARE * this.#rateOf(this.#count - 1);
      this.#notFull = isFull ? 0 : this.#notFull + 1;
      if (mayLeave && this.#notFull >= MEASURED_TIMES) this.#leave();
      else if (mayLeave) this.#trial.onUsed();
      this.#tryNext();
      this.#carried = 0;
      this.#measuredSince = now;
    }
    while (this.#count < this.#ordered.length && this.#extraDelay(this.#count) < SAME_DELAY) this.#count++;
    this.unrest.update(this.#ordered.slice(0, this.#count), this.roundTrip, isAnyAwaited(links, now), now);
    this.#mark(now);
  }

  /** Whether it is still being found out what the nearest link carries: till then a queue does not mean that it is full. */
  get isFindingRate(): boolean {
    return this.#ordered[0]?.estimator.state.kind === "starting";
  }

  /** How long all wait for the copy of a lost packet; 0 while that is rare on the links in use. */
  get repairTime(): Milliseconds {
    let slowest = 0;
    for (const { sendLoss, roundTripTime } of this.#ordered.slice(0, this.#count)) {
      const repair = (roundTripTime.smoothed ?? 0) + REPORT_GAP;
      const stalledShare = (sendLoss.momentsPerSecond(this.#now) * repair) / 1000;
      if (stalledShare >= NOTED_STALLS) slowest = Math.max(slowest, repair);
    }
    return milliseconds(slowest);
  }

  /** Takes one link more into use when the others have been full for a while, to see whether more is carried with it. */
  #tryNext(): void {
    const [nearest, next] = [this.#ordered[0], this.#ordered[this.#count]];
    if (nearest === undefined || next === undefined || !this.#isWorth(this.#count)) return;
    if (isTooFarToTry(nearest, next) || !this.#trial.isDue(this.#carriedRate / this.#rateOf(this.#count))) return;
    this.#count++;
    this.#notFull = 0;
  }

  #leave(): void {
    this.#count--;
    this.#notFull = 0;
    this.#trial.onLeft();
  }

  #dropSlight(): void {
    const all = this.#rateOf(this.#ordered.length);
    this.#ordered = this.#ordered.filter(
      (link) => this.#isUnsure(link) || usualCapacityOf(link) >= leastShareOf(link) * all,
    );
  }

  /** Whether a link may carry more than is known: what is never used is never known better. */
  #isUnsure({ estimator }: MemberLink): boolean {
    const { kind } = estimator.state;
    return kind === "starting" || (kind !== "at ceiling" && estimator.confidence(this.#now) < SURE);
  }

  #leastCount(): number {
    const [nearest] = this.#ordered;
    if (nearest === undefined) return 1;
    const [limit, tier] = [delayOf(nearest) + NOT_MUCH_FARTHER, nearest.line.priority];
    let fastest = 0;
    let soonest = Number.POSITIVE_INFINITY;
    let count = 1;
    for (const [place, link] of this.#ordered.entries()) {
      const { capacity } = link.estimator;
      if (link.line.priority !== tier) break;
      const done = delayOf(link) + (TRANSFER * 1000) / capacity;
      if (done < soonest) count = place + 1;
      soonest = Math.min(soonest, done);
      if (delayOf(link) <= limit) fastest = Math.max(fastest, capacity);
    }
    while (count < this.#ordered.length && this.#rateOf(count) < LEAST_OF_FASTEST * fastest) count++;
    return count;
  }

  #average(backlog: number, now: Milliseconds): void {
    const weight = 1 - Math.exp(Math.min(0, this.#backlogAt - now) / AVERAGED_OVER);
    this.#backlog += (backlog - this.#backlog) * weight;
    this.#backlogAt = now;
  }

  /** The round trip by the farthest link in use, there, and the nearest, back. */
  get roundTrip(): Milliseconds {
    const [nearest, farthest] = [this.#ordered[0], this.#ordered[this.#count - 1]];
    return milliseconds(nearest === undefined || farthest === undefined ? 0 : delayOf(nearest) + delayOf(farthest));
  }

  #mark(now: Milliseconds): void {
    if (this.decisions !== undefined) this.#explain(this.decisions, now);
    this.#isMember.fill(0);
    for (let place = 0; place < this.#count; place++) {
      const link = this.#ordered[place];
      if (link !== undefined) this.#isMember[link.ordinal] = 1;
    }
  }

  #explain(decisions: Decisions, now: Milliseconds): void {
    for (let place = 0; place < this.#ordered.length; place++) {
      const link = this.#ordered[place];
      const isMember = place < this.#count;
      if (link === undefined || isMember === this.has(link)) continue;
      const nearer = this.#rateOf(isMember ? place : this.#count);
      if (isMember) {
        const waitMs = nearer > 0 ? (this.#backlog * 1000) / nearer : 0;
        decisions.note({ kind: "bulk begins", link: link.name, waitMs, fartherMs: this.#extraDelay(place) }, now);
      } else {
        const rates = { carriedBytesPerSecond: this.#carriedRate, nearerBytesPerSecond: nearer };
        decisions.note({ kind: "bulk ends", link: link.name, ...rates }, now);
      }
    }
  }

  #isWorth(place: number): boolean {
    const next = this.#ordered[place];
    if (next === undefined) return false;
    if (this.#isUnsure(next)) return true;
    const share = usualCapacityOf(next) / this.#rateOf(place);
    return share >= (SHARE_PER_SECOND * this.#extraDelay(place)) / 1000;
  }

  /** By how much the link at a place is farther than the one before it; of a worse tier it is far in any case. */
  #extraDelay(place: number): number {
    const [last, next] = [this.#ordered[place - 1], this.#ordered[place]];
    if (last === undefined || next === undefined) return 0;
    const farther = delayOf(next) - delayOf(last);
    return next.line.priority > last.line.priority ? Math.max(TIER_DISTANCE, farther) : farther;
  }

  #rateOf(count: number): number {
    let rate = 0;
    for (let place = 0; place < count; place++) rate += this.#ordered[place]?.estimator.capacity ?? 0;
    return rate;
  }
}

function isAnyAwaited(links: readonly MemberLink[], now: Milliseconds): boolean {
  return links.some(({ isUp, state }) => now - state.since < (isUp ? RETURNS_FOR : AWAITED_FOR));
}

function leastShareOf({ sendLoss, estimator }: MemberLink): number {
  const isDoubtful = sendLoss.share >= DOUBTFUL_LOSS || estimator.queue.variation >= DOUBTFUL_JITTER;
  return isDoubtful ? LEAST_SHARE_OF_DOUBTFUL : LEAST_SHARE;
}
