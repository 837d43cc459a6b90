const GROWTH = 1.6;

/** What a search goes by: rates are packets per second, losses are shares of 1. */
export type RateSearchOptions = {
  readonly first: number;
  readonly most: number;
  readonly allowedLoss: number;
  /** How many times the interval between a rate that passed and one that did not is halved. */
  readonly halvings: number;
};

/**
 * Finds the highest offered rate at which no more than so much is lost: rises by 1.6 until a rate does not pass, or falls
 * until one does, and then halves the interval, by ratios.
 */
export class RateSearch {
  readonly #options: RateSearchOptions;
  #passed: number | undefined;
  #failed: number | undefined;
  #halvings = 0;

  constructor(options: RateSearchOptions) {
    this.#options = options;
  }

  /** The highest rate that has passed so far. */
  get best(): number | undefined {
    return this.#passed;
  }

  /** The rate to try now, or undefined when the search is over. */
  next(): number | undefined {
    const { first, most, halvings } = this.#options;
    if (this.#passed === undefined) return this.#failed === undefined ? first : this.#lower(this.#failed);
    if (this.#failed === undefined) return this.#passed >= most ? undefined : Math.min(most, this.#passed * GROWTH);
    return this.#halvings >= halvings ? undefined : Math.sqrt(this.#passed * this.#failed);
  }

  /** Says how much was lost at a rate that `next` had answered. */
  note(rate: number, loss: number): void {
    if (this.#passed !== undefined && this.#failed !== undefined) this.#halvings++;
    if (loss <= this.#options.allowedLoss) this.#passed = rate;
    else this.#failed = rate;
  }

  #lower(failed: number): number | undefined {
    return failed < 1 ? undefined : failed / GROWTH;
  }
}
