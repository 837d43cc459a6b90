import { NO_POSITION } from "./position-list.ts";

/** Between which positions packets were called lost: a report that tells of none of them need not be compared with them. */
export class LostSpan {
  #oldest = Number.POSITIVE_INFINITY;
  #newest = NO_POSITION;

  note(position: number): void {
    this.#oldest = Math.min(this.#oldest, position);
    this.#newest = Math.max(this.#newest, position);
  }

  /** The oldest of them, where any is at `described` or later, from where on a report tells something; else infinite. */
  oldestFrom(described: number): number {
    if (this.#newest < described) this.#oldest = Number.POSITIVE_INFINITY;
    return this.#oldest;
  }
}
