import type { Milliseconds } from "../units.ts";

// So many packets are remembered, and what happened half a minute ago counts as a third.
const MEMORY = 1000;
const FADING_TIME = 30_000;

/** The share of the packets sent on a link that were lost, by the peer's reports. */
export class LossShare {
  /** All that were found to have arrived, and to be lost, since the link was made. */
  arrived = 0;
  lost = 0;
  #packets = 0;
  #lost = 0;
  #countedAt = 0;

  /** Takes how many packets were found to have arrived, and to be lost less those that were lost and arrived. */
  count(arrived: number, lost: number, now: Milliseconds): void {
    if (arrived === 0 && lost === 0) return;
    // What was lost and has arrived is in both, and nothing new.
    const added = arrived + lost;
    this.arrived += arrived;
    this.lost += lost;
    const kept = Math.exp(-(now - this.#countedAt) / FADING_TIME) * Math.max(0, 1 - added / MEMORY);
    this.#countedAt = now;
    this.#packets = this.#packets * kept + added;
    this.#lost = Math.max(0, this.#lost * kept + lost);
  }

  /** From 0 to 1; 0 before anything is known. */
  get share(): number {
    return this.#packets === 0 ? 0 : Math.min(1, this.#lost / this.#packets);
  }
}
