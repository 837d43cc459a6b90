import type { Milliseconds } from "../units.ts";
import { DeliveryClock } from "./acknowledgement.ts";
import type { IdleClock } from "./pacer.ts";
import { SendStamp } from "./send-stamps.ts";
import { FATE, SentRing, type SentRun } from "./sent-ring.ts";

/**
 * The packets that left on one link, each with its time and the state of delivery then, and what of them is in flight.
 * What is outstanding, or at `keepFrom` and later, is not written over while room is.
 */
export class SentLog {
  readonly ring = new SentRing();
  readonly clock = new DeliveryClock();
  readonly #stamp = new SendStamp();
  #oldestOutstanding = 0;
  #sentBytes = 0;
  /** Of watched packets that are neither acknowledged nor lost. */
  inFlightBytes = 0;
  inFlightPackets = 0;

  /** Notes the packet at a position, at rest only as the latest. */
  record(position: number, size: number, now: Milliseconds, { idleTime }: IdleClock, keepFrom: number): void {
    if (this.ring.isAtRest) return this.ring.pass(position, size, now, idleTime);
    this.#passTo(position, now, idleTime, keepFrom);
    this.#append(size, now, idleTime, keepFrom);
  }

  /** Watches the latest packet, with two integers of the caller's. */
  watchLatest(first: number, second: number, keepFrom: number): void {
    const { ring } = this;
    if (ring.isAtRest) this.#append(ring.takeBack(), ring.passedAt, ring.passedIdle, keepFrom);
    const index = ring.index(ring.next - 1);
    ring.first[index] = first;
    ring.second[index] = second;
    ring.fate[index] = FATE.outstanding;
    this.inFlightBytes += ring.size[index] ?? 0;
    this.inFlightPackets++;
  }

  /** Notes packets that leave at once, from a position on, and watches them; a full ring has to have room for as many. */
  recordRun(position: number, run: SentRun, now: Milliseconds, { idleTime }: IdleClock, keepFrom: number): void {
    this.#passTo(position, now, idleTime, keepFrom);
    this.#prepare(run.count, now, idleTime, keepFrom);
    this.ring.pushRun(run, this.#stamp);
    const bytes = run.count * run.size;
    this.#sentBytes += bytes;
    this.inFlightBytes += bytes;
    this.inFlightPackets += run.count;
  }

  /** Takes the outstanding packet at an index out of what is in flight; its fate is the caller's to note. */
  settle(index: number): void {
    this.inFlightBytes -= this.ring.size[index] ?? 0;
    this.inFlightPackets--;
  }

  /** The position of the oldest outstanding packet, or of the next one where there is none. */
  firstOutstanding(): number {
    const { ring } = this;
    let at = Math.max(this.#oldestOutstanding, ring.oldest);
    while (at < ring.next && ring.fate[ring.index(at)] !== FATE.outstanding) at++;
    this.#oldestOutstanding = at;
    return at;
  }

  /** Passes over positions that were not recorded. */
  #passTo(position: number, now: Milliseconds, idleTime: number, keepFrom: number): void {
    const { ring } = this;
    if (ring.isAtRest && ring.next < position) ring.pass(position - 1, 0, now, idleTime);
    while (ring.next < position) this.#append(0, now, idleTime, keepFrom);
  }

  #append(size: number, now: Milliseconds, idleTime: number, keepFrom: number): void {
    const { ring } = this;
    this.#prepare(1, now, idleTime, keepFrom);
    // In a full ring the oldest packet is written over.
    const index = ring.index(ring.next);
    if (ring.fate[index] === FATE.outstanding) this.settle(index);
    ring.push(size, FATE.unwatched, this.#stamp);
    this.#sentBytes += size;
  }

  #prepare(count: number, now: Milliseconds, idleTime: number, keepFrom: number): void {
    if (this.inFlightPackets === 0) this.clock.restartFlight(now);
    this.ring.reserve(count, Math.min(this.firstOutstanding(), keepFrom));
    this.#stamp.sentAt = now;
    this.#stamp.sentBefore = this.#sentBytes;
    this.#stamp.idleBefore = idleTime;
    this.clock.stamp(this.#stamp);
  }
}
