import { CLASS_LIMIT } from "../wire/frame-header.ts";
import { distance, next, type SequenceNumber, sequenceNumber } from "./sequence-number.ts";

/**
 * The sequence numbers of a bundle's sending side, one space per class (RFC 2686 §3), and which link carried what
 * last, so that a link that a burst passed by gets a null fragment (RFC 1990 §4.1) and the peer's M can advance.
 */
export class SendingOrder {
  readonly #next = new Int32Array(CLASS_LIMIT);
  /** By class: the sequence number after the latest data, at the latest check, and that every link must have passed. */
  readonly #afterData = new Int32Array(CLASS_LIMIT);
  readonly #atCheck = new Int32Array(CLASS_LIMIT);
  readonly #mustPass = new Int32Array(CLASS_LIMIT);
  /** By link, the sequence number after the latest that it carried of each class. */
  readonly #afterCarried: Int32Array[] = [];

  /** Takes the next sequence number of a class for a fragment that leaves on link `ordinal`. */
  take(trafficClass: number, ordinal: number, isData: boolean): SequenceNumber {
    const sequence = sequenceNumber(this.#next[trafficClass] ?? 0);
    const following = next(sequence);
    this.#next[trafficClass] = following;
    if (isData) this.#afterData[trafficClass] = following;
    this.#carried(ordinal)[trafficClass] = following;
    return sequence;
  }

  /** Whether link `ordinal` was passed by: a burst that the check before saw ended, and it carried nothing since. */
  isBehind(trafficClass: number, ordinal: number): boolean {
    const carried = sequenceNumber(this.#carried(ordinal)[trafficClass] ?? 0);
    return distance(carried, sequenceNumber(this.#mustPass[trafficClass] ?? 0)) > 0;
  }

  /**
   * Ends a check: what was sent until now has to be passed by every link at the next one. A fragment that was alone
   * since the last check keeps nobody waiting. True when there is something to check again.
   */
  mark(): boolean {
    let hasNews = false;
    for (let trafficClass = 0; trafficClass < CLASS_LIMIT; trafficClass++) {
      const after = sequenceNumber(this.#afterData[trafficClass] ?? 0);
      const sent = distance(sequenceNumber(this.#atCheck[trafficClass] ?? 0), after);
      if (sent > 1) this.#mustPass[trafficClass] = after;
      if (sent > 1) hasNews = true;
      this.#atCheck[trafficClass] = after;
    }
    return hasNews;
  }

  /** Starts anew at zero: the peer has lost its state. */
  reset(): void {
    this.#next.fill(0);
    this.#afterData.fill(0);
    this.#atCheck.fill(0);
    this.#mustPass.fill(0);
    this.#afterCarried.length = 0;
  }

  #carried(ordinal: number): Int32Array {
    let carried = this.#afterCarried[ordinal];
    if (carried === undefined) {
      carried = new Int32Array(CLASS_LIMIT);
      this.#afterCarried[ordinal] = carried;
    }
    return carried;
  }
}
