const FIRST_CAPACITY = 256;

/** Measured values, of which percentiles are asked for; NaN when there are none. */
export class Samples {
  #values = new Float64Array(FIRST_CAPACITY);
  #count = 0;
  #isSorted = true;

  get count(): number {
    return this.#count;
  }

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(2 * this.#count);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count++] = value;
    this.#isSorted = false;
  }

  /** The smallest value that at least `share` (0 to 1) of all values do not exceed. */
  percentile(share: number): number {
    if (!this.#isSorted) this.#values.subarray(0, this.#count).sort();
    this.#isSorted = true;
    const place = Math.max(0, Math.ceil(share * this.#count) - 1);
    return this.#count === 0 ? Number.NaN : (this.#values[place] ?? Number.NaN);
  }

  get median(): number {
    return this.percentile(0.5);
  }

  /** The share of values of at least `limit`. */
  shareFrom(limit: number): number {
    let count = 0;
    for (let index = 0; index < this.#count; index++) if ((this.#values[index] ?? 0) >= limit) count++;
    return count / this.#count;
  }

  get mean(): number {
    let sum = 0;
    for (let index = 0; index < this.#count; index++) sum += this.#values[index] ?? 0;
    return sum / this.#count;
  }
}

/** The median of a few numbers: the middle one, or the lower of the middle two. */
export function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? Number.NaN;
}
