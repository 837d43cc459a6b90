import type { AckReport } from "./congestion-control.ts";
import type { Growth } from "./loss-based-control.ts";
import { SlowStartExit } from "./slow-start-exit.ts";

// RFC 9438 §5.
const BETA = 0.7;
const C = 0.4;
const RENO_FRIENDLY_GROWTH = (3 * (1 - BETA)) / (1 + BETA);
const LARGEST_GROWTH = 1.5;

// Linux looks for the end of slow start only after the first second of the last reduction's epoch.
const EPOCH_WITHOUT_EXIT = 1000;

/** CUBIC (RFC 9438) with Linux's HyStart. */
export class CubicGrowth implements Growth {
  readonly #exit = new SlowStartExit();
  #largestWindow = 0;
  #epochStart = -1;
  #originWindow = 0;
  /** The time from the epoch's start to the largest window, in seconds. */
  #k = 0;
  #renoWindow = 0;

  reduced(window: number): number {
    this.#epochStart = -1;
    // Fast convergence (RFC 9438 §4.7).
    this.#largestWindow = window < this.#largestWindow ? (window * (1 + BETA)) / 2 : window;
    return window * BETA;
  }

  grown(window: number, acked: number, report: AckReport): number {
    if (this.#epochStart < 0) this.#startEpoch(window, report.now);
    const target = this.#target(window, report);
    // RFC 9438 §4.3: like Reno's while less than Reno would have had.
    const alpha = this.#renoWindow >= this.#largestWindow ? 1 : RENO_FRIENDLY_GROWTH;
    this.#renoWindow += (alpha * acked) / window;
    const grown = target > window ? window + ((target - window) / window) * acked : window + (0.01 * acked) / window;
    return Math.max(grown, this.#renoWindow);
  }

  endsSlowStart(window: number, report: AckReport): boolean {
    if (this.#epochStart >= 0 && report.now - this.#epochStart < EPOCH_WITHOUT_EXIT) return false;
    return this.#exit.isDue(window, report);
  }

  onTimeout(): void {
    this.#epochStart = -1;
    this.#largestWindow = 0;
    this.#exit.restart();
  }

  #startEpoch(window: number, now: number): void {
    this.#epochStart = now;
    this.#renoWindow = window;
    if (this.#largestWindow <= window) {
      this.#largestWindow = window;
      this.#k = 0;
    } else {
      this.#k = Math.cbrt((this.#largestWindow - window) / C);
    }
    this.#originWindow = this.#largestWindow;
  }

  #target(window: number, report: AckReport): number {
    const time = (report.now - this.#epochStart + report.smallestRtt) / 1000 - this.#k;
    const target = this.#originWindow + C * time ** 3;
    return Math.min(target, window * LARGEST_GROWTH);
  }
}
