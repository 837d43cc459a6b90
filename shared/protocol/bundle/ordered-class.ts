import type { MemberLink } from "../link/member-link.ts";
import { type Milliseconds, milliseconds, NEVER } from "../units.ts";
import { COPY } from "./fragment.ts";
import { FragmentLoss } from "./fragment-loss.ts";
import type { FragmentRun } from "./fragment-run.ts";
import { LossFront } from "./loss-front.ts";
import { INSERTION, Reassembler } from "./reassembler.ts";
import type { ReceivingBundle, ReceivingClass } from "./receiving-class.ts";
import { advance, isBefore, next, type SequenceNumber } from "./sequence-number.ts";

/**
 * A class whose packets are delivered in order. What is missing is lost on its link once M has passed it (RFC 1990
 * §4.1); then its copy is waited for, while copies come. Where a silent link holds M, the bundle's skew bounds the wait,
 * and, while copies come, the time that the peer takes to find such a link.
 */
export class OrderedClass implements ReceivingClass {
  readonly #bundle: ReceivingBundle;
  readonly #reassembler: Reassembler;
  readonly #loss = new FragmentLoss();
  readonly #front = new LossFront();
  /** When the link that M waits for was heard of last. */
  #awaitedAt = milliseconds(Number.NEGATIVE_INFINITY);

  constructor(bundle: ReceivingBundle) {
    const { memory, sink, counters, mrru } = bundle;
    this.#bundle = bundle;
    this.#reassembler = new Reassembler(memory, sink, counters, mrru);
  }

  get heldCount(): number {
    return this.#reassembler.heldCount;
  }

  get waitingSince(): Milliseconds {
    return this.#reassembler.waitingSince ?? NEVER;
  }

  get deadline(): Milliseconds {
    const { waitingSince, missing } = this.#reassembler;
    if (waitingSince === undefined) return NEVER;
    const { longestWait, repairWait } = this.#bundle;
    const isLost = this.#front.isBehind(missing);
    const end = isLost
      ? this.#lostAt(missing, waitingSince) + repairWait.duration
      : Math.max(waitingSince, this.#awaitedAt) + this.#silentWait;
    return milliseconds(Math.min(end, waitingSince + longestWait));
  }

  insert(
    link: MemberLink,
    sequence: SequenceNumber,
    flags: number,
    offset: number,
    length: number,
    now: Milliseconds,
  ): void {
    const overtaken = (flags & COPY) === 0 ? this.#noteOrder(link, sequence, now) : 0;
    // A null fragment only says that its link has nothing older under way.
    if (length > 0) this.#take(sequence, flags, offset, length, overtaken, now);
  }

  insertRun(link: MemberLink, run: FragmentRun, now: Milliseconds): void {
    const { sequence, flags, offsets, lengths, count } = run;
    const isOrdered = this.#loss.onRun(link.ordinal, sequence, count, now);
    if (isOrdered) link.reorderingMargin.onOrdered(now);
    for (let place = 0; place < count; place++) {
      if (isOrdered) place += this.#takeRun(run, place, now);
      if (place === count) return;
      const following = advance(sequence, place);
      const overtaken = isOrdered ? 0 : this.#noteOrder(link, following, now);
      this.#take(following, flags, offsets[place] ?? 0, lengths[place] ?? 0, overtaken, now);
    }
  }

  release(): void {
    this.#reassembler.release();
  }

  handleTimeout(now: Milliseconds): void {
    if (this.#reassembler.waitingSince === undefined) return;
    this.#followLinks(now);
    while (this.deadline <= now && this.#endWait(now)) {}
  }

  keepHeld(): void {
    this.#reassembler.keepHeld();
  }

  makeRoom(limit: SequenceNumber | undefined): boolean {
    const { expected, afterMissing } = this.#reassembler;
    const { counters } = this.#bundle;
    const lostBefore = counters.lost;
    this.#reassembler.giveUpBefore(limit !== undefined && isBefore(limit, afterMissing) ? limit : afterMissing);
    counters.overflows += counters.lost - lostBefore;
    return this.#reassembler.expected !== expected;
  }

  forget(link: MemberLink): void {
    this.#loss.forget(link.ordinal);
  }

  reset(): void {
    this.#reassembler.reset();
  }

  /** Takes what of a run, from a place on, nothing else has to be done for; answers how many those are. */
  #takeRun(run: FragmentRun, place: number, now: Milliseconds): number {
    const { waitingSince, missing } = this.#reassembler;
    const taken = this.#reassembler.insertRun(run, place, now);
    // Others have waited as long for those behind the first.
    const isFilling = taken > 0 && waitingSince !== undefined && advance(run.sequence, place) === missing;
    if (isFilling) this.#bundle.skewWait.onFilled(milliseconds(now - waitingSince), now);
    return taken;
  }

  #take(
    sequence: SequenceNumber,
    flags: number,
    offset: number,
    length: number,
    overtaken: number,
    now: Milliseconds,
  ): void {
    const { waitingSince, missing } = this.#reassembler;
    const { counters } = this.#bundle;
    const lostBefore = counters.lost;
    let outcome = this.#reassembler.insert(sequence, flags & ~COPY, offset, length, now);
    if (outcome === INSERTION.noRoom && this.#bundle.makeRoom(this, sequence)) {
      outcome = this.#reassembler.insert(sequence, flags & ~COPY, offset, length, now);
    }
    if (outcome === INSERTION.taken) {
      if ((flags & COPY) !== 0) this.#onRepaired(sequence, now);
      else if (waitingSince !== undefined && sequence === missing) {
        this.#bundle.skewWait.onFilled(milliseconds(now - waitingSince), now);
      }
    } else if (outcome === INSERTION.late) {
      this.#onLate(sequence, (flags & COPY) !== 0, overtaken, now);
    } else if (outcome === INSERTION.noRoom) {
      counters.overflows++;
    }
    // What the window had no room for any more waited in vain, too.
    if (counters.lost !== lostBefore) this.#bundle.repairWait.onGivenUp(counters.lost - lostBefore);
  }

  /** Tells by how many fragments of its link and class an original was overtaken. */
  #noteOrder(link: MemberLink, sequence: SequenceNumber, now: Milliseconds): number {
    const overtaken = this.#loss.onFragment(link.ordinal, sequence, now);
    if (overtaken > 0) link.reorderingMargin.onLate(overtaken, now);
    else link.reorderingMargin.onOrdered(now);
    return overtaken;
  }

  #onRepaired(sequence: SequenceNumber, now: Milliseconds): void {
    this.#bundle.counters.repaired++;
    // Before the front, the copy may have been made in advance, and tells nothing of what becomes of losses.
    if (!this.#front.isBehind(sequence)) return;
    this.#bundle.repairWait.onCopy(milliseconds(now - this.#front.passedAt(sequence)), now);
  }

  /** Learns from a fragment that came after it was given up. */
  #onLate(sequence: SequenceNumber, isCopy: boolean, overtaken: number, now: Milliseconds): void {
    if (!this.#front.isBehind(sequence)) return;
    const { skewWait, repairWait } = this.#bundle;
    const after = milliseconds(now - this.#front.passedAt(sequence));
    if (isCopy) repairWait.onCopy(after, now);
    // In order on its link, so no M had called it lost: it was given up after the wait for a silent link.
    else if (overtaken === 0) skewWait.onFilled(milliseconds(this.#silentWait + after), now);
  }

  /** Finds M (RFC 1990 §4.1) over the links that are up. */
  #followLinks(now: Milliseconds): void {
    let minimum: SequenceNumber | undefined;
    let awaitedAt = milliseconds(Number.NEGATIVE_INFINITY);
    this.#awaitedAt = awaitedAt;
    for (const link of this.#bundle.links) {
      if (!link.isUp) continue;
      const latest = this.#loss.latest(link.ordinal, link.reorderingMargin.packets);
      // A link that carried nothing of this class for long says nothing of M; the skew bounds the wait.
      if (latest === undefined || !this.#reassembler.isNear(latest)) return;
      if (minimum === undefined || isBefore(latest, minimum)) {
        minimum = latest;
        awaitedAt = this.#loss.heardAt(link.ordinal);
      }
    }
    // What still brings what is older, if late, may bring what is missing.
    this.#awaitedAt = awaitedAt;
    if (minimum !== undefined && isBefore(this.#reassembler.missing, minimum)) this.#front.advance(minimum, now);
  }

  /** Ends the wait that is over; false when what is complete cannot be delivered now. */
  #endWait(now: Milliseconds): boolean {
    const { waitingSince = now, missing } = this.#reassembler;
    const { counters, longestWait } = this.#bundle;
    const isLost = this.#front.isBehind(missing);
    const isOverLimit = waitingSince + longestWait <= now;
    if (isLost && !isOverLimit) return this.#giveUpBefore(this.#lostLongAgo(missing, now));
    const { afterMissing } = this.#reassembler;
    if (!isLost) {
      counters.timeouts++;
      this.#front.advance(afterMissing, now);
      // After jumps over half of all numbers, what was remembered may seem to be far ahead.
      if (!this.#front.isBehind(missing)) this.#front.restart(afterMissing, now);
    }
    return this.#giveUpBefore(afterMissing);
  }

  /** How long something may be missing that M has not passed. */
  get #silentWait(): number {
    const { skewWait, repairWait } = this.#bundle;
    return skewWait.duration + repairWait.silentDuration;
  }

  /** Up to where everything missing from `missing` on was lost on its link before the wait for copies. */
  #lostLongAgo(missing: SequenceNumber, now: Milliseconds): SequenceNumber {
    const limit = this.#front.where(milliseconds(now - this.#bundle.repairWait.duration));
    return limit !== undefined && isBefore(next(missing), limit) ? limit : next(missing);
  }

  #giveUpBefore(limit: SequenceNumber): boolean {
    const { counters, repairWait } = this.#bundle;
    const before = this.#reassembler.expected;
    const lostBefore = counters.lost;
    this.#reassembler.giveUpBefore(limit);
    repairWait.onGivenUp(counters.lost - lostBefore);
    return this.#reassembler.expected !== before;
  }

  /** What is behind a missing fragment was waiting for it before M passed. */
  #lostAt(missing: SequenceNumber, waitingSince: Milliseconds): number {
    return Math.max(this.#front.passedAt(missing), waitingSince);
  }
}
