import { type Milliseconds, milliseconds } from "../units.ts";
import type { RateMeasurement } from "./rate-window.ts";
import { packetsOf, UsualLoss } from "./usual-loss.ts";

const LOSSY_ROUNDS = 2;
const TELLING_GAIN = 1.5;

// A check costs a little of the line, and is over after so many rounds.
const CHECK_INTERVAL = milliseconds(1000);
const LONGEST_CHECK = 4;
// Standard deviations by which a check's loss has to be less.
const SURE = 2;

/** What the loss of a round says about the rate with which it was sent. */
export type LossVerdict = "usual" | "in doubt" | "too much" | "to be checked";

/** What a round with less rate says about loss that was to be checked. */
export type CheckResult = "goes on" | "usual" | "too much";

/**
 * Tells loss that a line always has from loss that a rate brings. Much of it, twice, is the rate's; of a little more than usual it is
 * checked whether it goes when less is sent, else it would pass for usual step by step.
 */
export class LossJudge {
  readonly #usual = new UsualLoss();
  #lossyRounds = 0;
  /** What was lost of which packets, and what the line carries if that was too much. */
  #suspects = 0;
  #suspectsLost = 0;
  #carried = 0;
  #checks = 0;
  #checked = 0;
  #checkedLost = 0;
  #checkedAt = milliseconds(Number.NEGATIVE_INFINITY);

  /** What the line carries if what was checked was too much, in bytes per second. */
  get carried(): number {
    return this.#carried;
  }

  /** What has to be sent so that so much arrives, in bytes per second, as some is always lost. */
  sentRateOf(deliveryRate: number): number {
    return this.#usual.sentRateOf(deliveryRate);
  }

  /** Whether clearly more is lost than what chance may add to the usual. */
  isUnusual(measured: RateMeasurement): boolean {
    return this.#usual.isUnusual(measured);
  }

  /** Judges a round that was sent with `rate`, `gain` times what the line is taken to carry; it `hasQueue` where one may overflow. */
  judge(round: RateMeasurement, rate: number, gain: number, hasQueue: boolean, now: Milliseconds): LossVerdict {
    if (this.#usual.isExceededBy(round, gain)) {
      this.#lossyRounds++;
      return this.#lossyRounds >= LOSSY_ROUNDS || gain >= TELLING_GAIN ? "too much" : "in doubt";
    }
    this.#lossyRounds = 0;
    // Less than usual is believed in any case.
    if (round.loss < this.#usual.ratio) this.#usual.learn(round);
    if (gain < 1) return "usual";
    if (this.isUnusual(round)) {
      this.#suspect(round, rate);
      if (now >= this.#checkedAt + CHECK_INTERVAL) return "to be checked";
    } else if (!hasQueue && gain === 1 && round.loss >= this.#usual.ratio) this.#usual.learn(round);
    return "usual";
  }

  /** Takes a round in which less was sent than the line is taken to carry. */
  check(round: RateMeasurement, now: Milliseconds): CheckResult {
    const packets = packetsOf(round);
    this.#checks++;
    this.#checked += packets;
    this.#checkedLost += packets * round.loss;
    const expected = (this.#checked * this.#suspectsLost) / this.#suspects;
    const isLess = this.#checkedLost < expected / 2;
    const isSure = expected - this.#checkedLost > SURE * Math.sqrt(expected * this.#usual.dispersion);
    if (isLess && !isSure && this.#checks < LONGEST_CHECK) return "goes on";
    this.#checkedAt = now;
    if (!isLess || !isSure) this.#usual.add(this.#suspects + this.#checked, this.#suspectsLost + this.#checkedLost);
    this.#clear();
    return isLess && isSure ? "too much" : "usual";
  }

  /** Forgets what is under way, but not what is usual. */
  restart(): void {
    this.#lossyRounds = 0;
    this.#clear();
  }

  #suspect(round: RateMeasurement, rate: number): void {
    const packets = packetsOf(round);
    this.#suspects += packets;
    this.#suspectsLost += packets * round.loss;
    this.#carried = this.#usual.sentRateOf(rate * (1 - round.loss));
  }

  #clear(): void {
    this.#suspects = 0;
    this.#suspectsLost = 0;
    this.#checks = 0;
    this.#checked = 0;
    this.#checkedLost = 0;
  }
}
