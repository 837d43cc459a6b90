import { type Milliseconds, milliseconds } from "../units.ts";
import { LARGEST_WINDOW } from "./held-fragments.ts";
import { advance, distance, type SequenceNumber, sequenceNumber } from "./sequence-number.ts";

// The largest margin that can be looked back; what reorders by more is left to the timer. A power of two.
const HISTORY = 64;
const MASK = HISTORY - 1;

/** The latest sequence numbers of one class on one link, ascending, as a ring. */
class LinkHistory {
  readonly sequences = new Int32Array(HISTORY);
  count = 0;
  heardAt = milliseconds(Number.NEGATIVE_INFINITY);

  at(back: number): SequenceNumber {
    return sequenceNumber(this.sequences[(this.count - 1 - back) & MASK] ?? 0);
  }

  get known(): number {
    return Math.min(this.count, HISTORY);
  }
}

/**
 * RFC 1990 §4.1: M is the smallest of the latest sequence numbers that were seen on each live link; a fragment
 * before M that is missing is lost, because every link has passed it. The RFC's links keep order; for those that do
 * not quite, the latest number counts only once `margin` more fragments came behind it. One instance serves one class.
 */
export class FragmentLoss {
  readonly #links: (LinkHistory | undefined)[] = [];

  /** Notes a fragment, and returns by how many fragments of its link and class it was overtaken. */
  onFragment(ordinal: number, sequence: SequenceNumber, now: Milliseconds): number {
    const history = this.#history(ordinal);
    history.heardAt = now;
    // What is so far behind is no straggler: the link carried nothing of this class for half of all numbers.
    if (history.known > 0 && distance(history.at(0), sequence) < -LARGEST_WINDOW) history.count = 0;
    let overtaken = 0;
    while (overtaken < history.known && distance(history.at(overtaken), sequence) < 0) overtaken++;
    if (overtaken === 0) history.sequences[history.count++ & MASK] = sequence;
    return overtaken;
  }

  /** Notes `count` fragments with consecutive numbers, as `onFragment`; false, and nothing is noted, if any was overtaken. */
  onRun(ordinal: number, sequence: SequenceNumber, count: number, now: Milliseconds): boolean {
    const history = this.#history(ordinal);
    history.heardAt = now;
    if (history.known > 0 && distance(history.at(0), sequence) < 0) return false;
    const { sequences } = history;
    for (let place = Math.max(0, count - HISTORY); place < count; place++)
      sequences[(history.count + place) & MASK] = advance(sequence, place);
    history.count += count;
    return true;
  }

  /** What a link has surely passed, or undefined when too little was seen on it. */
  latest(ordinal: number, margin: number): SequenceNumber | undefined {
    const history = this.#links[ordinal];
    if (history === undefined || history.known <= margin) return undefined;
    return history.at(margin);
  }

  /** When the latest fragment came on a link, long ago before the first. */
  heardAt(ordinal: number): Milliseconds {
    return this.#links[ordinal]?.heardAt ?? milliseconds(Number.NEGATIVE_INFINITY);
  }

  /** Forgets a link that left the bundle. */
  forget(ordinal: number): void {
    this.#links[ordinal] = undefined;
  }

  #history(ordinal: number): LinkHistory {
    let history = this.#links[ordinal];
    if (history === undefined) {
      history = new LinkHistory();
      this.#links[ordinal] = history;
    }
    return history;
  }
}
