import { type Milliseconds, milliseconds } from "../../../../shared/protocol/units.ts";
import { Random } from "../../../emulator/random.ts";

/** How late a busy machine lets its processes run: always a little, and now and then not at all for a while. */
export type Lateness = {
  /** From the moment when a process has something to do to that when it runs, on average, in milliseconds. */
  readonly usual: Milliseconds;
  /** Between the ends and beginnings of two times in which it does not run, on average. */
  readonly stallsEvery: Milliseconds;
  /** How long those take, on average. */
  readonly stallsFor: Milliseconds;
};

/** Says when a process runs that has something to do from a time on: all times are drawn from exponential distributions. */
export class LateProcess {
  readonly #lateness: Lateness;
  readonly #random: Random;
  #late: number;
  #stallFrom: number;
  #stallUntil: number;

  constructor(lateness: Lateness, seed: number) {
    this.#lateness = lateness;
    this.#random = new Random(seed);
    this.#late = this.#draw(lateness.usual);
    this.#stallFrom = this.#draw(lateness.stallsEvery);
    this.#stallUntil = this.#stallFrom + this.#draw(lateness.stallsFor);
  }

  /** When it runs that has something to do at `due`; the same until it has run. */
  runsAt(due: Milliseconds): Milliseconds {
    const at = due + this.#late;
    return milliseconds(at >= this.#stallFrom && at < this.#stallUntil ? this.#stallUntil : at);
  }

  /** Notes that it runs now. */
  onRun(now: Milliseconds): void {
    this.#late = this.#draw(this.#lateness.usual);
    while (now >= this.#stallUntil) {
      this.#stallFrom = this.#stallUntil + this.#draw(this.#lateness.stallsEvery);
      this.#stallUntil = this.#stallFrom + this.#draw(this.#lateness.stallsFor);
    }
  }

  #draw(mean: number): number {
    return -mean * Math.log(1 - this.#random.fraction());
  }
}
