import type { Milliseconds } from "../units.ts";

// So many packets are remembered, and what happened half a minute ago counts as a third.
const MEMORY = 1000;
const FADING_TIME = 30_000;

// What is lost together is one moment of loss; how often they come is measured over this time, in milliseconds.
const MOMENTS_TIME = 10_000;

/** The share of the packets sent on a link that were lost, by the peer's reports. */
export class LossShare {
  /** All that were found to have arrived, and to be lost, since the link was made. */
  arrived = 0;
  lost = 0;
  #packets = 0;
  #lost = 0;
  #countedAt = 0;
  #moments = 0;
  #momentsAt = 0;

  /** Takes how many packets were found to have arrived, and to be lost less those that were lost and arrived. */
  count(arrived: number, lost: number, now: Milliseconds): void {
    if (arrived === 0 && lost === 0) return;
    if (lost > 0) this.#noteMoment(now);
    // What was lost and has arrived is in both, and nothing new.
    const added = arrived + lost;
    this.arrived += arrived;
    this.lost += lost;
    const kept = Math.exp(-(now - this.#countedAt) / FADING_TIME) * Math.max(0, 1 - added / MEMORY);
    this.#countedAt = now;
    this.#packets = this.#packets * kept + added;
    this.#lost = Math.max(0, this.#lost * kept + lost);
  }

  /** How often per second packets were lost lately, those that were found lost together counted once. */
  momentsPerSecond(now: Milliseconds): number {
    return (this.#moments * Math.exp((this.#momentsAt - now) / MOMENTS_TIME) * 1000) / MOMENTS_TIME;
  }

  #noteMoment(now: Milliseconds): void {
    this.#moments = this.#moments * Math.exp((this.#momentsAt - now) / MOMENTS_TIME) + 1;
    this.#momentsAt = now;
  }

  /** From 0 to 1; 0 before anything is known. */
  get share(): number {
    return this.#packets === 0 ? 0 : Math.min(1, this.#lost / this.#packets);
  }
}
