import { type Milliseconds, milliseconds, seconds } from "../units.ts";

// A packet may be late by one interval before it counts as lost; links of different queues reorder by far less.
const INTERVAL = milliseconds(500);
// Each interval with packets weighs 7/8 of the next one: four seconds of traffic, or eight lone keepalives.
const MEMORY = 7 / 8;
const STALE_AFTER = seconds(30);
const UNKNOWN = -1;

/**
 * The share of the peer's packets on one link that did not arrive lately, from the gaps in their numbers, as a
 * receiver sees it. Counting is by intervals, and an interval is judged one interval after its end, so that packets
 * that come late are not lost ones.
 */
export class LossRate {
  #expected = 0;
  #received = 0;
  /** The highest packet number of the judged intervals, of the one that waits for late packets, and of all. */
  #judged = 0;
  #waiting = 0;
  #highest = UNKNOWN;
  #receivedWaiting = 0;
  #receivedCurrent = 0;
  #intervalEnd = milliseconds(0);
  #latest = milliseconds(0);

  /** Takes an authentic packet that was not seen before. */
  onPacket(packetNumber: number, now: Milliseconds): void {
    this.#judge(now);
    this.#latest = now;
    if (this.#highest === UNKNOWN) this.#startAt(packetNumber);
    if (packetNumber > this.#waiting) this.#receivedCurrent++;
    else if (packetNumber > this.#judged) this.#receivedWaiting++;
    else this.#received = Math.min(this.#received + 1, this.#expected);
    if (packetNumber > this.#highest) this.#highest = packetNumber;
  }

  /** Takes `count` packets with consecutive numbers, of which more than one are above all before them. */
  onRun(first: number, count: number, now: Milliseconds): void {
    if (count === 1) return this.onPacket(first, now);
    this.#judge(now);
    this.#latest = now;
    if (this.#highest === UNKNOWN) this.#startAt(first);
    this.#receivedCurrent += count;
    this.#highest = first + count - 1;
  }

  /** The loss lately, 0 to 1; undefined before the first interval is judged and after half a minute of silence. */
  ratio(now: Milliseconds): number | undefined {
    this.#judge(now);
    if (this.#expected === 0 || now - this.#latest > STALE_AFTER) return undefined;
    return 1 - this.#received / this.#expected;
  }

  /** Starts a new session: the next packet's number is where its numbers start. What was measured stays. */
  restart(): void {
    this.#closeInterval();
    this.#closeInterval();
    this.#highest = UNKNOWN;
  }

  #startAt(packetNumber: number): void {
    this.#judged = packetNumber - 1;
    this.#waiting = packetNumber - 1;
    this.#highest = packetNumber;
  }

  #judge(now: Milliseconds): void {
    if (now < this.#intervalEnd || this.#highest === UNKNOWN) return;
    this.#closeInterval();
    this.#intervalEnd = milliseconds(now + INTERVAL);
  }

  #closeInterval(): void {
    const expected = this.#waiting - this.#judged;
    if (expected > 0) {
      this.#expected = this.#expected * MEMORY + expected;
      this.#received = Math.min(this.#received * MEMORY + this.#receivedWaiting, this.#expected);
    }
    this.#judged = this.#waiting;
    this.#waiting = this.#highest;
    this.#receivedWaiting = this.#receivedCurrent;
    this.#receivedCurrent = 0;
  }
}
