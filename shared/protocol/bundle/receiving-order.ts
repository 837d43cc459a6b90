import type { MemberLink } from "../link/member-link.ts";
import type { Arena } from "../packet/arena.ts";
import type { AssemblyBuffer } from "../packet/assembly-buffer.ts";
import type { CellPool } from "../packet/cell-pool.ts";
import { earliest, type Milliseconds, NEVER } from "../units.ts";
import { CLASS_LIMIT } from "../wire/frame-header.ts";
import type { FragmentRun } from "./fragment-run.ts";
import { HeldCells } from "./held-cells.ts";
import { OrderedClass } from "./ordered-class.ts";
import type { PacketSink } from "./packet-sink.ts";
import type { ReassemblyMemory } from "./reassembler.ts";
import type { ReceivingBundle, ReceivingClass } from "./receiving-class.ts";
import { ReorderingCounters } from "./reordering-counters.ts";
import { RepairWait } from "./repair-wait.ts";
import type { SequenceNumber } from "./sequence-number.ts";
import { SkewWait } from "./skew-wait.ts";
import { REAL_TIME_CLASS } from "./traffic-class.ts";
import { UnorderedClass } from "./unordered-class.ts";

/** What a receiving side is like. */
export type ReceivingOptions = {
  /** The largest packet that is put together, in bytes, without the protocol field. */
  readonly mrru: number;
  /** The longest that a packet waits for one before it. */
  readonly longestWait: Milliseconds;
};

/** The memory of the process that a receiving side takes its share of. */
export type ReceivingMemory = {
  readonly arena: Arena;
  readonly cells: CellPool;
  readonly assembly: AssemblyBuffer;
};

/** The receiving side of a bundle: every class in its own order, or, for real-time packets, in none. */
export class ReceivingOrder {
  readonly counters = new ReorderingCounters();
  readonly #memory: ReassemblyMemory;
  readonly #sink: PacketSink;
  readonly #links: readonly MemberLink[];
  readonly #options: ReceivingOptions;
  readonly #classes: (ReceivingClass | undefined)[] = new Array<ReceivingClass | undefined>(CLASS_LIMIT).fill(
    undefined,
  );
  #bundle: ReceivingBundle;
  #hasRealTimeClass = false;

  constructor(memory: ReceivingMemory, sink: PacketSink, links: readonly MemberLink[], options: ReceivingOptions) {
    const { arena, cells, assembly } = memory;
    this.#memory = { arena, cells: new HeldCells(cells), assembly };
    this.#sink = sink;
    this.#links = links;
    this.#options = options;
    this.#bundle = this.#newBundle();
  }

  /** Takes over in how many classes the peer sends. With more than one, the first is not ordered. */
  setClasses(classes: number): void {
    const hasRealTimeClass = classes > 1;
    if (hasRealTimeClass === this.#hasRealTimeClass) return;
    this.#hasRealTimeClass = hasRealTimeClass;
    this.#classes[REAL_TIME_CLASS]?.reset();
    this.#classes[REAL_TIME_CLASS] = undefined;
  }

  /** Takes a fragment that came on `link`; `flags` are BEGIN, END, CHECKSUM_PARTIAL and COPY. */
  insert(
    link: MemberLink,
    trafficClass: number,
    sequence: SequenceNumber,
    flags: number,
    offset: number,
    length: number,
    now: Milliseconds,
  ): void {
    const receiving = this.#classes[trafficClass] ?? this.#begin(trafficClass);
    receiving.insert(link, sequence, flags, offset, length, now);
  }

  /** Takes the fragments of a run that came on `link`; their bytes have to stay until `keepHeld`. */
  insertRun(link: MemberLink, run: FragmentRun, now: Milliseconds): void {
    const receiving = this.#classes[run.trafficClass] ?? this.#begin(run.trafficClass);
    receiving.insertRun(link, run, now);
  }

  /** Copies what of runs has to wait for its turn. */
  keepHeld(): void {
    for (const receiving of this.#classes) receiving?.keepHeld();
  }

  /** Delivers what had to wait because the sink was full. */
  release(): void {
    for (const receiving of this.#classes) receiving?.release();
  }

  /** Finds what is lost, and ends waits that lasted long enough; to be called after every round of insertions. */
  handleTimeout(now: Milliseconds): void {
    const { repairWait } = this.#bundle;
    const { isWorthwhile } = repairWait;
    for (const receiving of this.#classes) receiving?.handleTimeout(now);
    // What one class gave up may have been the last straw for the wait of those before it.
    if (isWorthwhile && !repairWait.isWorthwhile) this.handleTimeout(now);
  }

  /** When the next wait ends. */
  nextTimeout(): Milliseconds {
    let next = NEVER;
    for (const receiving of this.#classes) if (receiving !== undefined) next = earliest(next, receiving.deadline);
    return next;
  }

  /** Takes over that a link came up: delays differ by something else from now on. */
  onLinkUp(): void {
    this.#bundle.skewWait.restart();
  }

  /** Takes a link that went down out of M, so that it holds nobody up; `handleTimeout` has to follow. */
  onLinkDown(link: MemberLink): void {
    for (const receiving of this.#classes) receiving?.forget(link);
  }

  get heldCount(): number {
    let held = 0;
    for (const receiving of this.#classes) held += receiving?.heldCount ?? 0;
    return held;
  }

  /** How long lost fragments are waited for, and missing ones until they count as lost. */
  get waits(): { readonly repair: Milliseconds; readonly skew: Milliseconds } {
    return { repair: this.#bundle.repairWait.duration, skew: this.#bundle.skewWait.duration };
  }

  /** Gives all memory back and starts anew: the peer has lost its state, or the bundle ends. */
  reset(): void {
    for (const receiving of this.#classes) receiving?.reset();
    this.#classes.fill(undefined);
    this.#bundle = this.#newBundle();
  }

  #begin(trafficClass: number): ReceivingClass {
    const isRealTime = this.#hasRealTimeClass && trafficClass === REAL_TIME_CLASS;
    const receiving = isRealTime ? new UnorderedClass(this.#bundle) : new OrderedClass(this.#bundle);
    this.#classes[trafficClass] = receiving;
    return receiving;
  }

  #makeRoom(wanting: ReceivingClass, sequence: SequenceNumber): boolean {
    if (!this.#memory.cells.canMakeRoom) return false;
    let longest = wanting;
    for (const receiving of this.#classes) {
      if (receiving !== undefined && receiving.waitingSince < longest.waitingSince) longest = receiving;
    }
    return longest.makeRoom(longest === wanting ? sequence : undefined);
  }

  #newBundle(): ReceivingBundle {
    const { mrru, longestWait } = this.#options;
    return {
      memory: this.#memory,
      sink: this.#sink,
      counters: this.counters,
      links: this.#links,
      mrru,
      longestWait,
      skewWait: new SkewWait(this.#links, longestWait),
      repairWait: new RepairWait(this.#links, longestWait),
      makeRoom: (wanting, sequence) => this.#makeRoom(wanting, sequence),
    };
  }
}
