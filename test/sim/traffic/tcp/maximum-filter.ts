/** The largest of the values of the last rounds. */
export class MaximumFilter {
  readonly #length: number;
  readonly #values: Float64Array;
  #round = 0;
  /** 0 before the first value. */
  maximum = 0;

  /** `length` is how many rounds a value counts. */
  constructor(length: number) {
    this.#length = length;
    this.#values = new Float64Array(length);
  }

  /** Notes a value of a round; rounds do not go back. */
  add(value: number, round: number): void {
    if (round !== this.#round) this.#enter(round);
    const slot = round % this.#length;
    this.#values[slot] = Math.max(this.#values[slot] ?? 0, value);
    if (value > this.maximum) this.maximum = value;
  }

  #enter(round: number): void {
    const passed = Math.min(round - this.#round, this.#length);
    for (let step = 0; step < passed; step++) this.#values[(round - step) % this.#length] = 0;
    this.#round = round;
    this.maximum = Math.max(...this.#values);
  }
}
