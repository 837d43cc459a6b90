import type { AckReport } from "./congestion-control.ts";
import type { Growth } from "./loss-based-control.ts";
import { SlowStartExit } from "./slow-start-exit.ts";
import { TICK, ticksOf } from "./ticks.ts";

// Linux, tcp_cubic.c; RFC 9438 §5 has the same constants.
const BETA = 717 / 1024;
const C = 0.4;
// So many windows acknowledged are one segment of a Reno flow with CUBIC's beta.
const WINDOWS_PER_RENO_SEGMENT = 15 / 8;
const TICKS_WITHOUT_UPDATE = 7;
const MOST_ACKS_BEFORE_LOSS = 20;
const LEAST_ACKS = 2;
const MOST_WINDOWS = 100;
const EPOCH_WITHOUT_RTT = 1000;

/** CUBIC as in Linux, with HyStart. */
export class CubicGrowth implements Growth {
  readonly #exit = new SlowStartExit();
  #largestWindow = 0;
  #smallestRtt = Number.POSITIVE_INFINITY;
  /** In ticks; -1 outside of an epoch. */
  #epochStart = -1;
  #originWindow = 0;
  /** The time from the epoch's start to the largest window, in seconds. */
  #k = 0;
  #renoWindow = 0;
  #renoAcks = 0;
  #acksPerSegment = 0;
  #lastWindow = 0;
  #lastTick = 0;

  reduced(window: number): number {
    this.#epochStart = -1;
    // Fast convergence (RFC 9438 §4.7).
    const isLess = window < this.#largestWindow;
    this.#largestWindow = isLess ? Math.floor((window * (1 + BETA)) / 2) : window;
    return Math.floor(window * BETA);
  }

  acksPerSegment(window: number, acked: number, { now }: AckReport): number {
    const tick = ticksOf(now);
    this.#renoAcks += acked;
    if (this.#lastWindow === window && tick - this.#lastTick <= TICKS_WITHOUT_UPDATE) return this.#acksPerSegment;
    if (this.#epochStart < 0 || tick !== this.#lastTick) this.#update(window, acked, tick);
    this.#followReno(window);
    this.#acksPerSegment = Math.max(LEAST_ACKS, this.#acksPerSegment);
    return this.#acksPerSegment;
  }

  endsSlowStart(window: number, isInSlowStart: boolean, report: AckReport): boolean {
    const { now, rtt } = report;
    const isEarly = this.#epochStart >= 0 && now - this.#epochStart * TICK < EPOCH_WITHOUT_RTT;
    if (rtt < 0 || isEarly) return false;
    this.#smallestRtt = Math.min(this.#smallestRtt, rtt);
    return isInSlowStart && this.#exit.isDue(window, this.#smallestRtt, report);
  }

  onTimeout(): void {
    this.#epochStart = -1;
    this.#largestWindow = 0;
    this.#smallestRtt = Number.POSITIVE_INFINITY;
    this.#lastWindow = 0;
    this.#exit.restart();
  }

  #update(window: number, acked: number, tick: number): void {
    this.#lastWindow = window;
    this.#lastTick = tick;
    if (this.#epochStart < 0) this.#startEpoch(window, acked, tick);
    const target = this.#target(tick);
    this.#acksPerSegment = target > window ? Math.floor(window / (target - window)) : MOST_WINDOWS * window;
    // Nothing was lost yet, so the capacity is not known: 5 % per round trip at least.
    if (this.#largestWindow === 0) this.#acksPerSegment = Math.min(MOST_ACKS_BEFORE_LOSS, this.#acksPerSegment);
  }

  #startEpoch(window: number, acked: number, tick: number): void {
    this.#epochStart = tick;
    this.#renoWindow = window;
    this.#renoAcks = acked;
    this.#k = Math.cbrt(Math.max(0, this.#largestWindow - window) / C);
    this.#originWindow = Math.max(this.#largestWindow, window);
  }

  #target(tick: number): number {
    const elapsed = (tick - this.#epochStart) * TICK + Math.ceil(this.#smallestRtt / TICK) * TICK;
    const fromOrigin = elapsed / 1000 - this.#k;
    return this.#originWindow + Math.sign(fromOrigin) * Math.floor(C * Math.abs(fromOrigin) ** 3);
  }

  /** RFC 9438 §4.3: not slower than Reno. */
  #followReno(window: number): void {
    const acksPerSegment = Math.floor(window * WINDOWS_PER_RENO_SEGMENT);
    const grown = Math.floor(this.#renoAcks / acksPerSegment);
    this.#renoWindow += grown;
    this.#renoAcks -= grown * acksPerSegment;
    if (this.#renoWindow <= window) return;
    this.#acksPerSegment = Math.min(this.#acksPerSegment, Math.floor(window / (this.#renoWindow - window)));
  }
}
