// Two large packets.
const PROBING_BYTES = 2000;
const FIRST_BYTES = 6000;

/** What a link may have in flight for how well it answers: next to nothing while it is silent, and then more and more. */
export class Probation {
  #limit = Number.POSITIVE_INFINITY;
  #isSilent = false;
  #isBack = false;

  /** How many bytes may be in flight at most. */
  get limit(): number {
    return this.#isSilent ? PROBING_BYTES : this.#limit;
  }

  onSilence(): void {
    this.#isSilent = true;
  }

  /** Begins with a little once something that was sent on a silent link has arrived. */
  onAnswer(): void {
    if (this.#isSilent) this.#limit = FIRST_BYTES;
    this.#isBack ||= this.#isSilent;
    this.#isSilent = false;
  }

  onAbandoned(): void {
    this.#isBack = true;
  }

  /** Whether the link has answered again since this was asked last, after it was silent or given up. */
  takeReturn(): boolean {
    const isBack = this.#isBack;
    this.#isBack = false;
    return isBack;
  }

  /** Allows twice as much with every report of the peer. */
  onReport(): void {
    this.#limit *= 2;
  }
}
