import assert from "node:assert/strict";
import { ReceivingOrder } from "../../shared/protocol/bundle/receiving-order.ts";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { AssemblyBuffer } from "../../shared/protocol/packet/assembly-buffer.ts";
import { CellPool } from "../../shared/protocol/packet/cell-pool.ts";
import { type Milliseconds, milliseconds } from "../../shared/protocol/units.ts";
import { type FragmentStream, type StreamFragment, streamPacket } from "./fragment-stream.ts";
import { upLink } from "./member-links.ts";
import { packetSink } from "./packet-sinks.ts";

// Whole packets are delivered from where they were received, so that place is kept until they are written.
const SLOT = 2048;
const SLOTS = 512;
const SCRATCH = SLOT * SLOTS;
const LARGEST_PACKET = 65_536;
const MRRU = 65_535;
const LONGEST_WAIT = milliseconds(100);

/** The receiving half of a bundle with a delivery batch of limited size, driven as a daemon drives it. */
export class ReceivingEnd {
  readonly links: MemberLink[];
  readonly cells: CellPool;
  readonly order: ReceivingOrder;
  /** Numbers of delivered packets with their times, in order. */
  readonly delivered: { readonly packet: number; readonly at: Milliseconds }[] = [];
  now: Milliseconds = milliseconds(0);
  readonly #arena: Arena;
  readonly #assembly: AssemblyBuffer;
  readonly #scratch: number;
  readonly #room: number;
  readonly #pending: { readonly offset: number; readonly length: number }[] = [];
  #hasRefused = false;
  #received = 0;

  /** `room` is how many packets a delivery batch takes, `assembled` how many large ones are put together in a round. */
  constructor(options: {
    readonly links: number;
    readonly cells: number;
    readonly room: number;
    readonly assembled?: number;
    readonly longestWait?: Milliseconds;
  }) {
    const { links, cells, room, assembled = 4, longestWait = LONGEST_WAIT } = options;
    this.#arena = new Arena(cells * 2048 + assembled * LARGEST_PACKET + SCRATCH);
    this.#room = room;
    this.cells = new CellPool(this.#arena, cells);
    this.#assembly = new AssemblyBuffer(this.#arena, assembled * LARGEST_PACKET);
    this.#scratch = this.#arena.reserve(SCRATCH);
    this.links = Array.from({ length: links }, (_, ordinal) => upLink({ ordinal }));
    const deliver = (offset: number, length: number): boolean => this.#deliver(offset, length);
    const onMemoryShort = (): void => {
      this.#hasRefused = true;
    };
    const memory = { arena: this.#arena, cells: this.cells, assembly: this.#assembly };
    this.order = new ReceivingOrder(memory, packetSink(deliver, onMemoryShort), this.links, {
      mrru: MRRU,
      longestWait,
    });
  }

  /** Takes a fragment from a link, without writing what it may complete. */
  receive(ordinal: number, { trafficClass, sequence, flags, bytes }: StreamFragment): void {
    const link = this.links[ordinal];
    if (link === undefined) return;
    const offset = this.#scratch + (this.#received++ % SLOTS) * SLOT;
    this.#arena.bytes.set(bytes, offset);
    this.order.insert(link, trafficClass, sequence, flags, offset, bytes.length, this.now);
  }

  /** Ends waits that are over, and writes what was delivered. */
  finish(): void {
    this.order.handleTimeout(this.now);
    for (;;) {
      const hasRefused = this.#hasRefused;
      this.#write();
      if (!hasRefused) return;
      this.order.release();
      this.order.handleTimeout(this.now);
    }
  }

  /** Fails unless every packet came intact, once, and in order within its class. */
  check(stream: FragmentStream): void {
    const last = new Map<number, number>();
    for (const { packet } of this.delivered) {
      const trafficClass = stream.packets[packet]?.trafficClass ?? -1;
      assert.ok(packet > (last.get(trafficClass) ?? -1), `packet ${packet} came after ${last.get(trafficClass)}`);
      last.set(trafficClass, packet);
    }
  }

  #deliver(offset: number, length: number): boolean {
    if (this.#pending.length === this.#room) {
      this.#hasRefused = true;
      return false;
    }
    this.#pending.push({ offset, length });
    return true;
  }

  #write(): void {
    for (const { offset, length } of this.#pending) {
      const bytes = this.#arena.bytes.slice(offset, offset + length);
      const packet = new DataView(bytes.buffer).getUint32(0);
      assert.deepEqual(bytes, streamPacket(packet, length));
      this.delivered.push({ packet, at: this.now });
    }
    this.#pending.length = 0;
    this.#hasRefused = false;
    this.cells.recycle();
    this.#assembly.recycle();
  }
}
