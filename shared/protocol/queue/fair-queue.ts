import type { Fragment } from "../bundle/fragment.ts";
import type { Arena } from "../packet/arena.ts";
import type { CellPool } from "../packet/cell-pool.ts";
import { type BytesPerSecond, type Milliseconds, milliseconds, UNLIMITED } from "../units.ts";
import { BEGIN, PACKET_PROTOCOL_SIZE } from "../wire/frame-header.ts";
import { codelTarget, settleHead } from "./codel.ts";
import { FlowHead } from "./flow-head.ts";
import { FlowQueues } from "./flow-queues.ts";
import { placeInFlow } from "./place-in-flow.ts";
import { pieceCount, QueuedPackets } from "./queued-packets.ts";
import { NONE } from "./queued-pieces.ts";

// The MTU of Ethernet, until `setPacketSize` tells.
const FULL_PACKET = 1500;

// What TCP sends again and overtakes others makes it take those for lost (RFC 8985 §6.2), so it does only where the whole
// queue, this much above what CoDel aims at, would stop the stream for longer than that costs.
const OVERLONG = 100;

// Less would only make flows wait for several turns.
const SMALLEST_QUANTUM = 256;

// Many small packets must not take all cells, each of which could hold a full one.
const LARGEST_COUNT = 4096;

/**
 * Packets that wait for a link, by FQ-CoDel (RFC 8290): a queue for each flow; the queues take turns by bytes, and
 * flows that do not build one up come first; CoDel (RFC 8289) keeps each queue short by marks and drops. Packets lie
 * in cells of the arena, one that is larger than a cell in several, which leave one behind the other. The order within
 * a flow does not change, but that TCP's segments leave a queue that is far too long in the order of their stream.
 */
export class FairQueue {
  readonly #packets: QueuedPackets;
  readonly #flows: FlowQueues;
  readonly #head: FlowHead;
  /** What goes before every flow: the packet that is chosen, and the rests of those that were sent in part. */
  #front = NONE;
  /** Whose packet is chosen, while nothing of it was sent, and what it costs. */
  #chosen = NONE;
  #chosenSize = 0;
  #rate = UNLIMITED;
  #fullPacket = FULL_PACKET;
  #overhead = 0;
  #usefulWait = milliseconds(0);
  #target = codelTarget(UNLIMITED, FULL_PACKET);
  /** The most bytes that may wait. What was queued before the limit sank is dropped at the next push. */
  limit: number;
  /** Until when segments of TCP leave in the order of their stream however short the queue is. */
  hurriesUntil: Milliseconds = milliseconds(Number.NEGATIVE_INFINITY);
  /** Packets that were dropped to make room for others. */
  overLimit = 0;

  constructor(arena: Arena, cells: CellPool, limit: number) {
    this.#packets = new QueuedPackets(arena, cells);
    this.#flows = new FlowQueues(this.#packets.pieces);
    this.#head = new FlowHead(this.#packets, this.#flows);
    this.limit = limit;
    this.setPacketSize(FULL_PACKET, 0);
  }

  get isEmpty(): boolean {
    return this.#packets.count === 0;
  }

  /** How many packets wait. */
  get count(): number {
    return this.#packets.count;
  }

  /** How many bytes wait, protocol fields included. */
  get bytes(): number {
    return this.#packets.unsent;
  }

  /** Packets that CoDel dropped. */
  get dropped(): number {
    return this.#head.dropped;
  }

  /** Packets that CoDel marked and sent, as they were ECN-capable. */
  get marked(): number {
    return this.#head.marked;
  }

  /** The standing delay that CoDel aims at. */
  get target(): Milliseconds {
    return this.#target;
  }

  /** Takes over how fast the links carry packets, all together; at 0 CoDel drops nothing. */
  setRate(rate: BytesPerSecond): void {
    this.#rate = rate;
    this.#target = milliseconds(Math.max(this.#usefulWait, codelTarget(rate, this.#fullPacket + this.#overhead)));
  }

  /** Takes over how long packets may wait at least without being too many, as they wait for something useful. */
  setUsefulWait(wait: Milliseconds): void {
    this.#usefulWait = wait;
    this.setRate(this.#rate);
  }

  /**
   * Takes over how large a full packet is, as a rule the tunnel's MTU, and what a link carries for each packet beside
   * it, both in bytes. Larger packets are as welcome.
   */
  setPacketSize(fullPacket: number, overhead: number): void {
    this.#fullPacket = fullPacket;
    this.#overhead = overhead;
    // RFC 8290 §5.2.4: a flow of full packets sends one of them in its turn.
    this.#flows.quantum = Math.max(SMALLEST_QUANTUM, fullPacket + overhead);
    this.#head.fullPacket = fullPacket;
    this.setRate(this.#rate);
  }

  /**
   * Copies a packet, of the flow with this hash, behind the others of its flow; others are dropped for it where room
   * is short. The rest of a packet that was sent in part goes before all flows, also beyond the limit. False when the
   * packet is not taken: it is larger than the limit leaves, or there are no cells.
   */
  push(fragment: Fragment, hash: number, now: Milliseconds): boolean {
    const { length } = fragment;
    const pieces = pieceCount(length);
    const isWhole = (fragment.flags & BEGIN) !== 0;
    if (!this.#makeRoom(length, pieces) && isWhole) return false;
    if (!this.#findCells(pieces)) return false;
    if (pieces === 0) return true;
    const first = this.#packets.copy(fragment, now);
    if (isWhole) this.#queue(this.#flows.open(hash, now), first, now);
    else this.#appendToFront(first);
    return true;
  }

  /**
   * Points `fragment` at the next packet to send, or at its next piece, which stays here; false when there is none.
   * Until `consume` it is the same one. CoDel marks and drops what is due at `now`.
   */
  peek(fragment: Fragment, now: Milliseconds): boolean {
    if (this.#front === NONE && !this.#choose(now)) return false;
    this.#packets.point(fragment, this.#front);
    return true;
  }

  /**
   * Notes what `peek` gave and was sent since: all of it, or what `fragment` no longer holds. What was sent in part
   * stays the next; when nothing was sent, the choice is made anew.
   */
  consume(fragment: Fragment): void {
    if (this.#front === NONE) return;
    if (this.#packets.sentSince(fragment, this.#front) === 0) {
      this.#unchoose();
      return;
    }
    if (this.#chosen !== NONE) this.#flows.charge(this.#chosen, this.#chosenSize);
    this.#chosen = NONE;
    this.#front = this.#packets.settle(fragment, this.#front);
    if (this.isEmpty) this.#flows.retireAll();
  }

  /** Whether a packet of the flow with this hash would be sent before those of flows that build up a queue. */
  isSparse(hash: number): boolean {
    return this.#flows.isSparse(this.#flows.find(hash), this.#overhead);
  }

  /**
   * Notes that something else went before all that waits here. No turn ends meanwhile: a flow of single packets is not to
   * be taken for one that builds up a queue for that.
   */
  onPassedOver(): void {
    this.#flows.retireEmpty();
  }

  /** How long the oldest packet has been waiting; 0 when none waits. */
  oldestSojourn(now: Milliseconds): Milliseconds {
    const { pieces } = this.#packets;
    let oldest = Math.min(now, this.#flows.oldestQueuedAt());
    for (let row = this.#front; row !== NONE; row = pieces.next(row)) oldest = Math.min(oldest, pieces.queuedAt(row));
    return milliseconds(now - oldest);
  }

  /** Drops everything, uncounted. */
  clear(): void {
    this.#chosen = NONE;
    while (this.#front !== NONE) this.#front = this.#packets.discard(this.#front);
    for (let flow = this.#flows.fattest("bytes"); flow !== NONE; flow = this.#flows.fattest("bytes")) {
      while (!this.#flows.isEmpty(flow)) this.#packets.discard(this.#flows.detachHead(flow));
    }
    this.#flows.retireAll();
  }

  /** Gives the memory back that an empty queue needs no more; for a bundle that has become idle. */
  trim(): void {
    if (!this.isEmpty) return;
    this.#packets.pieces.trim();
    this.#flows.trim();
  }

  #queue(flow: number, first: number, now: Milliseconds): void {
    const head = this.#flows.head(flow);
    const isLong =
      head !== NONE &&
      (now < this.hurriesUntil || now - this.#packets.pieces.queuedAt(head) > this.#target + OVERLONG);
    if (isLong) placeInFlow(this.#packets, this.#flows, flow, first);
    else this.#flows.append(flow, first);
  }

  #choose(now: Milliseconds): boolean {
    const flows = this.#flows;
    for (let flow = flows.next(); flow !== NONE; flow = flows.next()) {
      this.#head.flow = flow;
      // A mark counts once, also for a packet that could not be sent when it was chosen.
      if (!this.#head.isMarked) settleHead(flows.codel(flow), this.#head, this.#target, now);
      if (!flows.isEmpty(flow)) {
        this.#front = flows.detachHead(flow);
        this.#chosen = flow;
        this.#chosenSize = this.#packets.pieces.packetLength(this.#front) - PACKET_PROTOCOL_SIZE + this.#overhead;
        return true;
      }
      flows.retire(flow);
    }
    return false;
  }

  #unchoose(): void {
    if (this.#chosen === NONE) return;
    const { pieces } = this.#packets;
    const first = this.#front;
    this.#front = pieces.next(pieces.lastOfPacket(first));
    this.#flows.restoreHead(this.#chosen, first);
    this.#chosen = NONE;
  }

  #appendToFront(first: number): void {
    const { pieces } = this.#packets;
    if (this.#front === NONE) {
      this.#front = first;
      return;
    }
    let last = this.#front;
    for (let next = pieces.next(last); next !== NONE; next = pieces.next(last)) last = next;
    pieces.setNext(last, first);
  }

  /** Drops from the heads of the fattest flows (RFC 8290 §4.1) until what comes fits in; false when it cannot. */
  #makeRoom(length: number, pieces: number): boolean {
    const packets = this.#packets;
    const isFull = packets.unsent + length > this.limit;
    if (isFull && this.#frontBytes() + length > this.limit) return false;
    while (packets.unsent + length > this.limit) if (!this.#dropFromFattest("bytes", 0)) return false;
    while (packets.pieces.count + pieces > LARGEST_COUNT) if (!this.#dropFromFattest("pieces", 0)) return false;
    return true;
  }

  #findCells(pieces: number): boolean {
    const packets = this.#packets;
    while (packets.cellCount < pieces) {
      if (this.#dropFromFattest("pieces", pieces - packets.cellCount)) continue;
      packets.releaseSpare();
      return false;
    }
    return true;
  }

  #dropFromFattest(measure: "bytes" | "pieces", spareCells: number): boolean {
    const flow = this.#flows.fattest(measure);
    if (flow === NONE) return false;
    this.#packets.discard(this.#flows.detachHead(flow), spareCells);
    this.overLimit++;
    return true;
  }

  #frontBytes(): number {
    const { pieces } = this.#packets;
    let total = 0;
    for (let row = this.#front; row !== NONE; row = pieces.next(row)) total += pieces.length(row) - pieces.sent(row);
    return total;
  }
}
