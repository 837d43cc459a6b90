const NONE = -1;

// States of a segment, combined.
const SACKED = 1;
const LOST = 2;
const SENT_AGAIN = 4;
const EVER_SENT_AGAIN = 8;

/**
 * What a sender knows of every segment between the first that is not acknowledged (`first`) and the next to be sent
 * (`next`); segments are numbered from 0. The segments that may still arrive are linked in the order of their last
 * transmission, which RACK goes through (RFC 8985).
 */
export class Scoreboard {
  first = 0;
  next = 0;
  sackedCount = 0;
  /** Lost segments that wait to be sent again. */
  waitingCount = 0;
  /** Segments that were sent again and may still arrive. */
  sentAgainCount = 0;
  /** One above the highest segment that was selectively acknowledged. */
  highestSacked = 0;
  /** The segment that was sent longest ago and may still arrive; -1 when there is none. */
  oldest = NONE;
  readonly #mask: number;
  readonly #states: Uint8Array;
  readonly #sentAt: Float64Array;
  readonly #older: Float64Array;
  readonly #newer: Float64Array;
  readonly #deliveredBefore: Float64Array;
  readonly #deliveredAt: Float64Array;
  readonly #firstSentAt: Float64Array;
  #newest = NONE;
  #lostHint = 0;

  /** `capacity` is the most segments that may be between `first` and `next`. */
  constructor(capacity: number) {
    const size = 2 ** Math.ceil(Math.log2(capacity + 1));
    this.#mask = size - 1;
    this.#states = new Uint8Array(size);
    this.#sentAt = new Float64Array(size);
    this.#older = new Float64Array(size);
    this.#newer = new Float64Array(size);
    this.#deliveredBefore = new Float64Array(size);
    this.#deliveredAt = new Float64Array(size);
    this.#firstSentAt = new Float64Array(size);
  }

  /** Segments that are on their way, as far as known: RFC 6675's pipe. */
  get inFlight(): number {
    return this.next - this.first - this.sackedCount - this.waitingCount;
  }

  sentAt(segment: number): number {
    return this.#sentAt[segment & this.#mask] ?? 0;
  }

  /** What was delivered, and when, when a segment was sent last, and when the sending of that flight began. */
  deliveredBefore(segment: number): number {
    return this.#deliveredBefore[segment & this.#mask] ?? 0;
  }

  deliveredAt(segment: number): number {
    return this.#deliveredAt[segment & this.#mask] ?? 0;
  }

  firstSentAt(segment: number): number {
    return this.#firstSentAt[segment & this.#mask] ?? 0;
  }

  isSacked(segment: number): boolean {
    return this.#has(segment, SACKED);
  }

  wasSentAgain(segment: number): boolean {
    return this.#has(segment, EVER_SENT_AGAIN);
  }

  /** The segment that was sent after another, as far as both may still arrive; -1 when there is none. */
  newerThan(segment: number): number {
    return this.#newer[segment & this.#mask] ?? NONE;
  }

  /** Notes the first transmission of `next`. */
  sendNext(now: number): number {
    const segment = this.next++;
    this.#states[segment & this.#mask] = 0;
    this.#link(segment, now);
    return segment;
  }

  /** Notes another transmission of a segment. */
  sendAgain(segment: number, now: number): void {
    const slot = segment & this.#mask;
    const state = this.#states[slot] ?? 0;
    const isWaiting = (state & LOST) !== 0 && (state & SENT_AGAIN) === 0;
    if (isWaiting) this.waitingCount--;
    else this.#unlink(segment);
    if ((state & SENT_AGAIN) === 0) this.sentAgainCount++;
    this.#states[slot] = state | SENT_AGAIN | EVER_SENT_AGAIN;
    this.#link(segment, now);
  }

  /** Notes for the delivery rate what was delivered when a segment was sent. */
  noteDelivery(segment: number, deliveredBefore: number, deliveredAt: number, firstSentAt: number): void {
    const slot = segment & this.#mask;
    this.#deliveredBefore[slot] = deliveredBefore;
    this.#deliveredAt[slot] = deliveredAt;
    this.#firstSentAt[slot] = firstSentAt;
  }

  /** Takes a segment as lost: it may be sent again. */
  markLost(segment: number): void {
    const slot = segment & this.#mask;
    this.#unlink(segment);
    if (this.#has(segment, SENT_AGAIN)) this.sentAgainCount--;
    this.#states[slot] = ((this.#states[slot] ?? 0) | LOST) & ~SENT_AGAIN;
    this.waitingCount++;
    if (this.waitingCount === 1 || segment < this.#lostHint) this.#lostHint = segment;
  }

  /** Notes that a segment has arrived that was neither acknowledged nor selectively acknowledged before. */
  markSacked(segment: number): void {
    this.#leave(segment);
    this.#states[segment & this.#mask] = (this.#states[segment & this.#mask] ?? 0) | SACKED;
    this.sackedCount++;
    if (segment >= this.highestSacked) this.highestSacked = segment + 1;
  }

  /** Takes `first` out of the scoreboard, as it is acknowledged. */
  acknowledgeFirst(): void {
    if (this.isSacked(this.first)) this.sackedCount--;
    else this.#leave(this.first);
    this.first++;
    if (this.highestSacked < this.first) this.highestSacked = this.first;
  }

  /** The first lost segment that waits to be sent again; -1 when there is none. */
  firstWaiting(): number {
    if (this.waitingCount === 0) return NONE;
    let segment = Math.max(this.#lostHint, this.first);
    while (segment < this.next && !this.#isWaiting(segment)) segment++;
    this.#lostHint = segment;
    return segment < this.next ? segment : NONE;
  }

  /** The last segment that may still arrive; -1 when there is none. */
  get newest(): number {
    return this.#newest;
  }

  /** Takes lost segments, which wait to be sent again, as under way after all. */
  forgetLosses(): void {
    for (let segment = this.next - 1; segment >= this.first && this.waitingCount > 0; segment--) {
      if (!this.#isWaiting(segment)) continue;
      this.waitingCount--;
      const slot = segment & this.#mask;
      this.#states[slot] = (this.#states[slot] ?? 0) & ~LOST;
      this.#linkAsOldest(segment);
    }
  }

  #has(segment: number, state: number): boolean {
    return ((this.#states[segment & this.#mask] ?? 0) & state) !== 0;
  }

  #isWaiting(segment: number): boolean {
    return ((this.#states[segment & this.#mask] ?? 0) & (SACKED | LOST | SENT_AGAIN)) === LOST;
  }

  #leave(segment: number): void {
    if (this.#isWaiting(segment)) {
      this.waitingCount--;
      return;
    }
    if (this.#has(segment, SENT_AGAIN)) this.sentAgainCount--;
    this.#unlink(segment);
  }

  #link(segment: number, now: number): void {
    const slot = segment & this.#mask;
    this.#sentAt[slot] = now;
    this.#older[slot] = this.#newest;
    this.#newer[slot] = NONE;
    if (this.#newest === NONE) this.oldest = segment;
    else this.#newer[this.#newest & this.#mask] = segment;
    this.#newest = segment;
  }

  #linkAsOldest(segment: number): void {
    const slot = segment & this.#mask;
    this.#older[slot] = NONE;
    this.#newer[slot] = this.oldest;
    if (this.oldest === NONE) this.#newest = segment;
    else this.#older[this.oldest & this.#mask] = segment;
    this.oldest = segment;
  }

  #unlink(segment: number): void {
    const slot = segment & this.#mask;
    const older = this.#older[slot] ?? NONE;
    const newer = this.#newer[slot] ?? NONE;
    if (older === NONE) this.oldest = newer;
    else this.#newer[older & this.#mask] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer & this.#mask] = older;
  }
}
