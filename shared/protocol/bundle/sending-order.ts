import { CLASS_LIMIT } from "../wire/frame-header.ts";
import { SEQUENCE_MODULUS, type SequenceNumber, sequenceNumber } from "./sequence-number.ts";

/**
 * The sequence numbers of a bundle's sending side, one space per class (RFC 2686 §4), and which link carried what
 * last, so that a link that a burst passed by gets a null fragment (RFC 1990 §4.1) and the peer's M can advance.
 * Inside, fragments are counted without wrapping: a link may have carried its last fragment of a class long ago.
 */
export class SendingOrder {
  /** By class: how many fragments were taken. */
  readonly #taken = new Float64Array(CLASS_LIMIT);
  /** By class: the count after the latest data, at the latest check, and that every link must have passed. */
  readonly #afterData = new Float64Array(CLASS_LIMIT);
  readonly #atCheck = new Float64Array(CLASS_LIMIT);
  readonly #mustPass = new Float64Array(CLASS_LIMIT);
  /** By link, the count after the latest that it carried of each class. */
  readonly #afterCarried: Float64Array[] = [];

  /** Takes the next sequence number of a class, or the first of the next `count`, for what leaves on link `ordinal`. */
  take(trafficClass: number, ordinal: number, count = 1): SequenceNumber {
    const taken = this.#taken[trafficClass] ?? 0;
    const following = taken + count;
    this.#taken[trafficClass] = following;
    this.#afterData[trafficClass] = following;
    this.#carried(ordinal)[trafficClass] = following;
    return sequenceNumber(taken);
  }

  /** How many fragments of a class can leave before one has sequence number 0. */
  untilWrap(trafficClass: number): number {
    return SEQUENCE_MODULUS - sequenceNumber(this.#taken[trafficClass] ?? 0);
  }

  /**
   * The number that the next fragment of a class will take, for a null fragment on link `ordinal`: it says that nothing
   * before that number comes on that link any more, and keeps nobody waiting for itself.
   */
  pass(trafficClass: number, ordinal: number): SequenceNumber {
    const taken = this.#taken[trafficClass] ?? 0;
    this.#carried(ordinal)[trafficClass] = taken;
    return sequenceNumber(taken);
  }

  /** Whether link `ordinal` was passed by: a burst that the check before saw ended, and it carried nothing since. */
  isBehind(trafficClass: number, ordinal: number): boolean {
    return (this.#carried(ordinal)[trafficClass] ?? 0) < (this.#mustPass[trafficClass] ?? 0);
  }

  /**
   * Ends a check: what was sent until now has to be passed by every link at the next one. A fragment that was alone
   * since the last check keeps nobody waiting. True when there is something to check again.
   */
  mark(): boolean {
    let hasNews = false;
    for (let trafficClass = 0; trafficClass < CLASS_LIMIT; trafficClass++) {
      const after = this.#afterData[trafficClass] ?? 0;
      if (after - (this.#atCheck[trafficClass] ?? 0) > 1) {
        this.#mustPass[trafficClass] = after;
        hasNews = true;
      }
      this.#atCheck[trafficClass] = after;
    }
    return hasNews;
  }

  /** Forgets a link that left the bundle; the next with its ordinal has carried nothing. */
  forget(ordinal: number): void {
    this.#carried(ordinal).fill(0);
  }

  /** Starts anew at zero: the peer has lost its state. */
  reset(): void {
    this.#taken.fill(0);
    this.#afterData.fill(0);
    this.#atCheck.fill(0);
    this.#mustPass.fill(0);
    this.#afterCarried.length = 0;
  }

  #carried(ordinal: number): Float64Array {
    let carried = this.#afterCarried[ordinal];
    if (carried === undefined) {
      carried = new Float64Array(CLASS_LIMIT);
      this.#afterCarried[ordinal] = carried;
    }
    return carried;
  }
}
