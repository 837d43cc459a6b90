// Copies may take this share of what is sent, beyond what a line with much loss needs.
const SHARE = 0.25;

// What was under way on a line that died has to go out at once.
const SAVED_SECONDS = 0.25;
const LEAST_SAVED = 256 * 1024;

/** Bounds what copies may cost: a share of what is sent, saved up to a limit. */
export class CopyBudget {
  #left = LEAST_SAVED;
  #limit = LEAST_SAVED;

  /** Takes over how fast the links are, all together, in bytes per second. */
  setRate(rate: number): void {
    this.#limit = Math.max(LEAST_SAVED, SAVED_SECONDS * rate);
  }

  /** Notes that `size` bytes were sent that are no copies. */
  onSent(size: number): void {
    this.#left = Math.min(this.#limit, this.#left + SHARE * size);
  }

  /** Takes `size` bytes for a copy, if so much is left. */
  take(size: number): boolean {
    if (this.#left < size) return false;
    this.#left -= size;
    return true;
  }
}
