import type { Arena } from "../packet/arena.ts";
import type { AssemblyBuffer } from "../packet/assembly-buffer.ts";
import { type Milliseconds, milliseconds } from "../units.ts";
import { BEGIN, END, PACKET_PROTOCOL_SIZE } from "../wire/frame-header.ts";
import { CHECKSUM_PARTIAL } from "./fragment.ts";
import { FragmentRun } from "./fragment-run.ts";
import type { HeldCells } from "./held-cells.ts";
import { HeldFragments, LARGEST_WINDOW } from "./held-fragments.ts";
import { NumberWindow } from "./number-window.ts";
import type { PacketSink } from "./packet-sink.ts";
import type { ReorderingCounters } from "./reordering-counters.ts";
import { advance, distance, isBefore, next, type SequenceNumber, sequenceNumber } from "./sequence-number.ts";

const WHOLE = BEGIN | END;

// Filled and delivered in one go; one for all bundles, as it takes 2 KiB.
const RELEASED = new FragmentRun();

/** The memory that reassembly works in. */
export type ReassemblyMemory = {
  readonly arena: Arena;
  readonly cells: HeldCells;
  readonly assembly: AssemblyBuffer;
};

/** What became of a fragment that was inserted. */
export const INSERTION = {
  /** It is delivered or held. */
  taken: 0,
  /** It came before. */
  duplicate: 1,
  /** It was given up before it came. */
  late: 2,
  /** There was no room for it. */
  noRoom: 3,
} as const;

/** An outcome of an insertion, as a small integer. */
export type Insertion = (typeof INSERTION)[keyof typeof INSERTION];

/**
 * Puts the fragments of one class in order and packets together (RFC 1990 §4). What comes in its turn is passed on
 * from where it was received; what comes early is held. Every packet is delivered once, in order, or not at all.
 */
export class Reassembler {
  readonly #memory: ReassemblyMemory;
  readonly #held: HeldFragments;
  readonly #sink: PacketSink;
  readonly #counters: ReorderingCounters;
  readonly #mrru: number;
  readonly #givenUp = new NumberWindow();
  #expected: SequenceNumber = sequenceNumber(0);
  #missing: SequenceNumber = sequenceNumber(0);
  #waitingSince: Milliseconds | undefined;

  constructor(memory: ReassemblyMemory, sink: PacketSink, counters: ReorderingCounters, mrru: number) {
    this.#memory = memory;
    this.#held = new HeldFragments(memory.arena, memory.cells);
    this.#sink = sink;
    this.#counters = counters;
    this.#mrru = mrru;
  }

  get heldCount(): number {
    return this.#held.count;
  }

  /** The sequence number that is delivered next. */
  get expected(): SequenceNumber {
    return this.#expected;
  }

  /** Since when a missing fragment keeps others waiting. */
  get waitingSince(): Milliseconds | undefined {
    return this.#waitingSince;
  }

  /** While others are kept waiting: the first missing fragment. */
  get missing(): SequenceNumber {
    return this.#missing;
  }

  /** While others are kept waiting: what follows on the first missing fragments. */
  get afterMissing(): SequenceNumber {
    return this.#held.firstAfter(this.#missing, this.#expected) ?? next(this.#missing);
  }

  /** Takes a fragment: `flags` are BEGIN, END and CHECKSUM_PARTIAL. */
  insert(sequence: SequenceNumber, flags: number, offset: number, length: number, now: Milliseconds): Insertion {
    const ahead = distance(this.#expected, sequence);
    if (ahead < 0) return this.#pass(sequence);
    if (ahead < this.#held.window && this.#held.flags(sequence) !== 0) {
      this.#counters.duplicate++;
      return INSERTION.duplicate;
    }
    if (ahead === 0 && (flags & WHOLE) === WHOLE && this.#deliver(offset, length, flags)) {
      this.#expected = next(sequence);
      if (this.#held.count > 0) this.release();
      return INSERTION.taken;
    }
    if (ahead >= LARGEST_WINDOW && !this.#slideTo(sequence)) return INSERTION.noRoom;
    if (!this.#hold(sequence, flags, offset, length, now)) return INSERTION.noRoom;
    if (ahead > 0) this.#counters.reordered++;
    return INSERTION.taken;
  }

  /**
   * Takes fragments of a run from a place on as long as they need nothing else: those that come in their turn, or those
   * that come early. Answers how many; `insert` takes the next one. What is held stays where it is until `keepHeld`.
   */
  insertRun(run: FragmentRun, place: number, now: Milliseconds): number {
    const ahead = distance(this.#expected, advance(run.sequence, place));
    if (ahead === 0) return this.#deliverRun(run, place);
    return ahead > 0 && this.#waitingSince !== undefined ? this.#holdRun(run, place, ahead, now) : 0;
  }

  /** Copies what is still held where it was received. */
  keepHeld(): void {
    this.#held.keep();
  }

  /** Whether a sequence number can be one of this time: before what is expected, or within the window behind it. */
  isNear(sequence: SequenceNumber): boolean {
    return distance(this.#expected, sequence) < LARGEST_WINDOW;
  }

  /** Delivers all that is in order. */
  release(): void {
    while (this.#held.count > 0) {
      const flags = this.#held.flags(this.#expected);
      if (flags === 0) break;
      const whole = this.#held.readWhole(this.#expected, this.#mrru + PACKET_PROTOCOL_SIZE, RELEASED);
      if (whole > 1 && !this.#deliverHeldRun()) return;
      if (whole > 1) continue;
      const size = this.#held.packetSize(this.#expected, flags);
      if (size === 0) break;
      if (size > 0 && !this.#deliverHeld(size)) return;
      if (size < 0) this.#discardHead();
    }
    this.#wait();
  }

  /** RFC 1990 §4.1: what is missing before `limit` is lost; packets with a lost fragment are discarded. */
  giveUpBefore(limit: SequenceNumber): void {
    while (isBefore(this.#expected, limit)) {
      if (this.#held.count === 0) {
        this.#skip(distance(this.#expected, limit));
        break;
      }
      const flags = this.#held.flags(this.#expected);
      if (flags === 0) {
        this.#skip(1);
        continue;
      }
      const size = this.#held.packetSize(this.#expected, flags);
      if (size > 0) {
        if (!this.#deliverHeld(size)) return;
      } else if (size < 0 || isBefore(this.#held.gapFrom(this.#expected), limit)) {
        this.#discardHead();
      } else {
        break;
      }
    }
    this.release();
  }

  /** Gives all memory back and starts anew at sequence number 0. */
  reset(): void {
    this.#held.clear();
    this.#expected = sequenceNumber(0);
    this.#waitingSince = undefined;
    this.#givenUp.restart(sequenceNumber(-1));
  }

  #deliverRun(run: FragmentRun, place: number): number {
    if (run.longest > this.#mrru + PACKET_PROTOCOL_SIZE) return 0;
    const end = place + this.#held.missingFrom(this.#expected, run.count - place);
    const taken = this.#sink.deliverRun(run, place, end, (run.flags & CHECKSUM_PARTIAL) !== 0);
    this.#expected = advance(this.#expected, taken);
    if (taken > 0 && this.#held.count > 0) this.release();
    return taken;
  }

  #holdRun(run: FragmentRun, place: number, firstAhead: number, now: Milliseconds): number {
    const { sequence, flags, offsets, lengths, count } = run;
    const held = this.#held;
    const end = Math.min(count, place + LARGEST_WINDOW - firstAhead);
    if (end > place) held.reserve(firstAhead + end - place);
    let at = place;
    for (; at < end; at++) {
      const early = advance(sequence, at);
      if (early === this.#missing || held.flags(early) !== 0) break;
      if (!held.holdInPlace(early, flags, offsets[at] ?? 0, lengths[at] ?? 0, now)) break;
    }
    this.#counters.reordered += at - place;
    return at - place;
  }

  /** Judges a fragment whose turn is over. */
  #pass(sequence: SequenceNumber): Insertion {
    if (this.#givenUp.take(sequence)) {
      this.#counters.late++;
      return INSERTION.late;
    }
    this.#counters.duplicate++;
    return INSERTION.duplicate;
  }

  /** Moves the window on so that `sequence` fits; false when packets that cannot be delivered now are in the way. */
  #slideTo(sequence: SequenceNumber): boolean {
    this.giveUpBefore(advance(sequence, 1 - LARGEST_WINDOW));
    return distance(this.#expected, sequence) < LARGEST_WINDOW;
  }

  #hold(sequence: SequenceNumber, flags: number, offset: number, length: number, now: Milliseconds): boolean {
    this.#held.reserve(distance(this.#expected, sequence) + 1);
    if (!this.#held.hold(sequence, flags, offset, length, now)) return false;
    if (this.#waitingSince === undefined || sequence === this.#expected || sequence === this.#missing) this.release();
    return true;
  }

  /** Gives up the next `count` sequence numbers, of which nothing is held. */
  #skip(count: number): void {
    this.#counters.lost += count;
    for (let step = Math.max(0, count - LARGEST_WINDOW); step < count; step++) {
      const sequence = advance(this.#expected, step);
      // The set is of no use where nothing was given up for half of all numbers.
      if (this.#givenUp.add(sequence)) continue;
      this.#givenUp.restart(sequence);
      this.#givenUp.add(sequence);
    }
    this.#expected = advance(this.#expected, count);
  }

  /**
   * Notes what is missing and since when: since something behind it came, or, when all that came is the start of a
   * packet whose rest may still be under way, since its latest fragment.
   */
  #wait(): void {
    if (this.#held.count === 0) {
      this.#waitingSince = undefined;
      return;
    }
    this.#missing = this.#held.gapFrom(this.#expected);
    this.#waitingSince = milliseconds(this.#held.oldestBehind(this.#missing) ?? this.#held.newestAt);
  }

  #discardHead(): void {
    this.#counters.incomplete++;
    this.#held.remove(this.#expected);
    this.#expected = next(this.#expected);
  }

  #deliver(offset: number, length: number, flags: number): boolean {
    // RFC 1990 §4.1: a null fragment only advances M.
    if (length === 0) return true;
    const isAllowed = length <= this.#mrru + PACKET_PROTOCOL_SIZE;
    if (isAllowed) return this.#sink.deliver(offset, length, (flags & CHECKSUM_PARTIAL) !== 0);
    this.#counters.oversized++;
    return true;
  }

  #deliverHeld(fragments: number): boolean {
    const [head, held] = [this.#expected, this.#held];
    const flags = held.flags(head);
    const isOne = fragments === 1;
    if (isOne && !this.#deliver(held.offset(head), held.length(head), flags)) return false;
    if (!isOne && !this.#deliverAssembled(fragments, flags)) return false;
    for (let fragment = 0; fragment < fragments; fragment++) {
      this.#held.remove(this.#expected);
      this.#expected = next(this.#expected);
    }
    return true;
  }

  /** Delivers the packets that were read into `RELEASED`; false when the sink did not take all. */
  #deliverHeldRun(): boolean {
    const { count, flags } = RELEASED;
    const taken = this.#sink.deliverRun(RELEASED, 0, count, (flags & CHECKSUM_PARTIAL) !== 0);
    for (let place = 0; place < taken; place++) this.#held.remove(advance(this.#expected, place));
    this.#expected = advance(this.#expected, taken);
    return taken === count;
  }

  #deliverAssembled(fragments: number, flags: number): boolean {
    const length = this.#held.packetLength(this.#expected, fragments);
    if (length > this.#mrru + PACKET_PROTOCOL_SIZE) {
      this.#counters.oversized++;
      return true;
    }
    const offset = this.#memory.assembly.take(length);
    if (offset < 0) {
      this.#sink.onMemoryShort();
      return false;
    }
    this.#held.copyPacket(this.#expected, fragments, offset);
    return this.#deliver(offset, length, flags);
  }
}
