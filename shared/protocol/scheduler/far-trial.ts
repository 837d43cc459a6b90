import type { MemberLink } from "../link/member-link.ts";
import { delayOf } from "./link-delay.ts";

// BBR's window is what twice its least round trip takes, and about half as much again where packets come in bursts. What
// makes round trips longer than that, it cannot fill.
const LONGEST_ROUND_TRIP = 3;

// How full the links in use are to be on average, of what they carry, and over how many measurements that is taken.
const FULL_ENOUGH = 0.9;
const AVERAGED_OVER = 3;

// After so many such measurements the next link is tried, then after four times as many and so on. One that stays in use
// for so many has shown that it is of use.
const FIRST_WAIT = 1;
const WAIT_GROWTH = 4;
const LONGEST_WAIT = 256;
const PROVEN_AFTER = 15;

/**
 * Tells when the next link is to be tried although not enough waits for it. BBR keeps the nearer ones full without a queue,
 * on and on, and only what a farther one delivers besides tells it that there is more.
 */
export class FarTrial {
  #fullness = 0;
  #fullFor = 0;
  #usedFor = 0;
  #wait = FIRST_WAIT;

  /** Takes a measurement of how full the links in use are, as a share of what they carry; true when to try the next. */
  isDue(fullness: number): boolean {
    this.#fullness += (Math.min(1, fullness) - this.#fullness) / AVERAGED_OVER;
    this.#fullFor = this.#fullness >= FULL_ENOUGH ? this.#fullFor + 1 : 0;
    if (this.#fullFor < this.#wait) return false;
    this.#wait = Math.min(LONGEST_WAIT, WAIT_GROWTH * this.#wait);
    this.#restart();
    return true;
  }

  /** Notes at a measurement that a farther link stays in use. */
  onUsed(): void {
    this.#usedFor++;
    if (this.#usedFor >= PROVEN_AFTER) this.#wait = FIRST_WAIT;
  }

  /** Notes that one was given up. */
  onLeft(): void {
    this.#usedFor = 0;
    this.#restart();
  }

  #restart(): void {
    this.#fullness = 0;
    this.#fullFor = 0;
  }
}

/** Whether a flow that finds the nearest link's round trip could not fill one there by this link, and back. */
export function isTooFarToTry(nearest: MemberLink, next: MemberLink): boolean {
  return delayOf(nearest) + delayOf(next) > LONGEST_ROUND_TRIP * 2 * delayOf(nearest);
}
