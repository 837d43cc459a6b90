type Choice = { value: number; round: number };

/** The largest of the values of the last rounds, as far as three remembered ones tell: Linux, win_minmax.c. */
export class MaximumFilter {
  readonly #length: number;
  #first: Choice = { value: 0, round: 0 };
  #second: Choice = this.#first;
  #third: Choice = this.#first;

  /** `length` is how many rounds a value counts. */
  constructor(length: number) {
    this.#length = length;
  }

  /** 0 before the first value. */
  get maximum(): number {
    return this.#first.value;
  }

  /** Notes a value of a round; rounds do not go back. */
  add(value: number, round: number): void {
    const added = { value, round };
    if (value >= this.#first.value || round - this.#third.round > this.#length) {
      this.#first = this.#second = this.#third = added;
      return;
    }
    if (value >= this.#second.value) this.#second = this.#third = added;
    else if (value >= this.#third.value) this.#third = added;
    this.#age(added);
  }

  #age(added: Choice): void {
    const age = added.round - this.#first.round;
    if (age > this.#length) {
      this.#shift(added);
      if (added.round - this.#first.round > this.#length) this.#shift(added);
    } else if (this.#second.round === this.#first.round && age > this.#length / 4) {
      this.#second = this.#third = added;
    } else if (this.#third.round === this.#second.round && age > this.#length / 2) {
      this.#third = added;
    }
  }

  #shift(added: Choice): void {
    this.#first = this.#second;
    this.#second = this.#third;
    this.#third = added;
  }
}
