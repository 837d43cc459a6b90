import type { MemberLink } from "../link/member-link.ts";
import { NO_CELL } from "../packet/cell-pool.ts";
import { type Milliseconds, NEVER } from "../units.ts";
import { BEGIN, END, PACKET_PROTOCOL_SIZE } from "../wire/frame-header.ts";
import { CHECKSUM_PARTIAL, COPY } from "./fragment.ts";
import type { FragmentRun } from "./fragment-run.ts";
import { NumberWindow } from "./number-window.ts";
import type { ReceivingBundle, ReceivingClass } from "./receiving-class.ts";
import { advance, type SequenceNumber } from "./sequence-number.ts";

const WHOLE = BEGIN | END;

// Packets of this class are few and small; what finds the sink full so often is no real-time traffic.
const MOST_REFUSED = 256;

/** A packet that the sink had no room for. */
type RefusedPacket = { readonly cell: number; readonly length: number; readonly flags: number };

/**
 * The class of real-time packets: each is delivered as it comes, once. Sequence numbers only tell copies apart; packets
 * have to be whole.
 */
export class UnorderedClass implements ReceivingClass {
  readonly deadline = NEVER;
  readonly waitingSince = NEVER;
  readonly #bundle: ReceivingBundle;
  readonly #seen = new NumberWindow();
  readonly #refused: RefusedPacket[] = [];

  constructor(bundle: ReceivingBundle) {
    this.#bundle = bundle;
  }

  get heldCount(): number {
    return this.#refused.length;
  }

  insert(_link: MemberLink, sequence: SequenceNumber, flags: number, offset: number, length: number): void {
    const { counters, mrru } = this.#bundle;
    // RFC 1990 §4.1: a null fragment only advances M, which nobody asks for here.
    if (length === 0) return;
    if (!this.#seen.add(sequence)) counters.duplicate++;
    else if ((flags & WHOLE) !== WHOLE) counters.incomplete++;
    else if (length > mrru + PACKET_PROTOCOL_SIZE) counters.oversized++;
    else {
      if ((flags & COPY) !== 0) counters.repaired++;
      const isDelivered = this.#refused.length === 0 && this.#deliver(offset, length, flags);
      if (!isDelivered) this.#hold(offset, length, flags);
    }
  }

  insertRun(link: MemberLink, { sequence, flags, offsets, lengths, count }: FragmentRun): void {
    for (let place = 0; place < count; place++)
      this.insert(link, advance(sequence, place), flags, offsets[place] ?? 0, lengths[place] ?? 0);
  }

  release(): void {
    const { cells } = this.#bundle.memory;
    let released = 0;
    for (const { cell, length, flags } of this.#refused) {
      if (!this.#deliver(cell, length, flags)) break;
      cells.release(cell);
      released++;
    }
    this.#refused.splice(0, released);
  }

  keepHeld(): void {}

  handleTimeout(_now: Milliseconds): void {}

  makeRoom(): boolean {
    return false;
  }

  forget(_link: MemberLink): void {}

  reset(): void {
    for (const { cell } of this.#refused) this.#bundle.memory.cells.release(cell);
    this.#refused.length = 0;
  }

  #deliver(offset: number, length: number, flags: number): boolean {
    return this.#bundle.sink.deliver(offset, length, (flags & CHECKSUM_PARTIAL) !== 0);
  }

  #hold(offset: number, length: number, flags: number): void {
    const { memory, counters } = this.#bundle;
    const cell = this.#refused.length < MOST_REFUSED ? memory.cells.take() : NO_CELL;
    if (cell === NO_CELL) {
      counters.overflows++;
      return;
    }
    memory.arena.bytes.copyWithin(cell, offset, offset + length);
    this.#refused.push({ cell, length, flags });
  }
}
