import type { MemberLink } from "../link/member-link.ts";
import { earliest, type Milliseconds, NEVER } from "../units.ts";
import { CLASS_LIMIT } from "../wire/frame-header.ts";
import { FragmentLoss, smaller } from "./fragment-loss.ts";
import { type PacketSink, Reassembler, type ReassemblyMemory, ReorderingCounters } from "./reassembler.ts";
import type { SequenceNumber } from "./sequence-number.ts";

/** One class of the receiving side. */
type ReceivingClass = { readonly reassembler: Reassembler; readonly loss: FragmentLoss };

/** The receiving side of a bundle: every class in its own order, and fragments called lost by RFC 1990 §4.1. */
export class ReceivingOrder {
  readonly counters = new ReorderingCounters();
  readonly #memory: ReassemblyMemory;
  readonly #sink: PacketSink;
  readonly #mrru: number;
  readonly #links: readonly MemberLink[];
  readonly #classes: (ReceivingClass | undefined)[] = new Array<ReceivingClass | undefined>(CLASS_LIMIT).fill(
    undefined,
  );

  constructor(memory: ReassemblyMemory, sink: PacketSink, links: readonly MemberLink[], mrru: number) {
    this.#memory = memory;
    this.#sink = sink;
    this.#links = links;
    this.#mrru = mrru;
  }

  /** Takes a fragment that came on `link`; `flags` are BEGIN, END and CHECKSUM_PARTIAL. */
  insert(
    link: MemberLink,
    trafficClass: number,
    sequence: SequenceNumber,
    flags: number,
    offset: number,
    length: number,
    now: Milliseconds,
  ): void {
    const receiving = this.#class(trafficClass);
    const overtaken = receiving.loss.onFragment(link.ordinal, sequence);
    if (overtaken > 0) link.reorderingMargin.onLate(overtaken, now);
    else link.reorderingMargin.onOrdered(now);
    // A null fragment only says that its link has nothing older under way.
    if (length > 0) receiving.reassembler.insert(sequence, flags, offset, length, now);
    if (receiving.reassembler.waitingSince !== undefined) this.#detectLoss(receiving);
  }

  /** Delivers what had to wait because the sink was full. */
  release(): void {
    for (const receiving of this.#classes) receiving?.reassembler.release();
  }

  /** Ends waits that last longer than `limit`. */
  handleTimeout(limit: Milliseconds, now: Milliseconds): void {
    for (const receiving of this.#classes) receiving?.reassembler.handleTimeout(limit, now);
  }

  /** When the next wait ends. */
  nextTimeout(limit: Milliseconds): Milliseconds {
    let next = NEVER;
    for (const receiving of this.#classes) {
      if (receiving !== undefined) next = earliest(next, receiving.reassembler.deadline(limit));
    }
    return next;
  }

  /** Takes a link that went down out of M, so that it holds nobody up. */
  onLinkDown(link: MemberLink): void {
    for (const receiving of this.#classes) {
      if (receiving === undefined) continue;
      receiving.loss.forget(link.ordinal);
      if (receiving.reassembler.waitingSince !== undefined) this.#detectLoss(receiving);
    }
  }

  get heldCount(): number {
    let held = 0;
    for (const receiving of this.#classes) held += receiving?.reassembler.heldCount ?? 0;
    return held;
  }

  /** Gives all memory back and starts anew: the peer has lost its state, or the bundle ends. */
  reset(): void {
    for (const receiving of this.#classes) receiving?.reassembler.reset();
    this.#classes.fill(undefined);
  }

  /** Finds M over the links that are up, and gives up what is missing before it. */
  #detectLoss(receiving: ReceivingClass): void {
    let minimum: SequenceNumber | undefined;
    for (const link of this.#links) {
      if (!link.isUp) continue;
      const latest = receiving.loss.latest(link.ordinal, link.reorderingMargin.packets);
      // A link that carried nothing of this class for long says nothing of M; the timer bounds the wait.
      if (latest === undefined || !receiving.reassembler.isNear(latest)) return;
      minimum = minimum === undefined ? latest : smaller(minimum, latest);
    }
    if (minimum !== undefined) receiving.reassembler.giveUpBefore(minimum);
  }

  #class(trafficClass: number): ReceivingClass {
    let receiving = this.#classes[trafficClass];
    if (receiving === undefined) {
      const reassembler = new Reassembler(this.#memory, this.#sink, this.counters, this.#mrru);
      receiving = { reassembler, loss: new FragmentLoss() };
      this.#classes[trafficClass] = receiving;
    }
    return receiving;
  }
}
