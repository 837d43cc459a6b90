import type { Milliseconds } from "../units.ts";
import { type Codel, endStanding, forget, hasMemory, newCodel, remembers } from "./codel.ts";
import { NONE, type QueuedPieces } from "./queued-pieces.ts";

// RFC 8290 §5.2.5: flows are told apart by this many buckets of their hashes.
const BUCKET_COUNT = 1024;
const BUCKET_MASK = BUCKET_COUNT - 1;

const SMALLEST_CAPACITY = 8;

// Columns of a flow. A flow is in one of the lists at any time.
const LIST = 0;
const NEXT = 1;
const PREVIOUS = 2;
const BUCKET = 3;
const HEAD = 4;
const TAIL = 5;
const BYTES = 6;
const PIECES = 7;
const DEFICIT = 8;
const COLUMN_COUNT = 9;

// Shared, as a server has thousands of empty queues.
const NO_BUCKETS = new Uint16Array(0);
const NO_ROWS = new Int32Array(0);

// RFC 8290 §4: flows that are served first, flows that take their turns, and flows without a queue.
const NEW = 0;
const OLD = 1;
const IDLE = 2;

/**
 * The flows that wait, each with a queue of its own, and whose turn it is: deficit round robin with new and old flows
 * (RFC 8290 §4). A bucket has a flow while that has something queued or something to remember; the tables grow with
 * the number of flows that wait at a time.
 */
export class FlowQueues {
  readonly #pieces: QueuedPieces;
  /** The flow of a bucket, plus one; 0 when it has none. */
  #buckets = NO_BUCKETS;
  #rows = NO_ROWS;
  readonly #codels: Codel[] = [];
  readonly #first = new Int32Array(3).fill(NONE);
  readonly #last = new Int32Array(3).fill(NONE);
  /** What a flow may send in its turn, in bytes. */
  quantum = 0;

  constructor(pieces: QueuedPieces) {
    this.#pieces = pieces;
  }

  /** The flow for packets with this hash. It is told by its bucket alone: flows that share one are taken for one. */
  open(hash: number, now: Milliseconds): number {
    const bucket = hash & BUCKET_MASK;
    const known = this.find(hash);
    if (known !== NONE) return known;
    let flow = this.#first[IDLE] ?? NONE;
    // What a flow remembers is worth a row more, as long as there are fewer rows than buckets.
    const isOfUse = flow !== NONE && remembers(this.codel(flow), now);
    if (flow === NONE || (isOfUse && this.#codels.length < BUCKET_COUNT)) {
      this.#grow();
      flow = this.#first[IDLE] ?? NONE;
    }
    const lastBucket = this.#get(flow, BUCKET);
    if (lastBucket !== NONE) this.#buckets[lastBucket] = 0;
    this.#buckets[bucket] = flow + 1;
    this.#set(flow, BUCKET, bucket);
    forget(this.codel(flow));
    return flow;
  }

  /** The flow for packets with this hash, or NONE when nothing is known of it. */
  find(hash: number): number {
    return (this.#buckets[hash & BUCKET_MASK] ?? 0) - 1;
  }

  /** Puts the packet whose first piece is at `first` behind the others of its flow (RFC 8290 §4.1). */
  append(flow: number, first: number): void {
    if (this.isEmpty(flow)) this.#set(flow, HEAD, first);
    else this.#pieces.setNext(this.#get(flow, TAIL), first);
    this.#set(flow, TAIL, this.#pieces.lastOfPacket(first));
    this.#count(flow, first, 1);
    if (this.#get(flow, LIST) !== IDLE) return;
    this.#move(flow, NEW);
    this.#set(flow, DEFICIT, this.quantum);
  }

  /**
   * Puts the packet whose first piece is at `first` right behind another of its flow, or at its head when that is NONE.
   * The flow has packets, and it comes before one of them; it counts as queued when that was.
   */
  insert(flow: number, first: number, previous: number): void {
    const pieces = this.#pieces;
    const before = previous === NONE ? NONE : pieces.lastOfPacket(previous);
    const next = before === NONE ? this.head(flow) : pieces.next(before);
    if (before === NONE) this.#set(flow, HEAD, first);
    else pieces.setNext(before, first);
    pieces.setNext(pieces.lastOfPacket(first), next);
    pieces.setQueuedAt(first, pieces.queuedAt(next));
    this.#count(flow, first, 1);
  }

  /** The last piece of a flow's last packet, or NONE. */
  tail(flow: number): number {
    return this.#get(flow, TAIL);
  }

  /** Takes the packet at the head of a flow out of its queue; answers its first piece. */
  detachHead(flow: number): number {
    const first = this.#get(flow, HEAD);
    const last = this.#pieces.lastOfPacket(first);
    const next = this.#pieces.next(last);
    this.#set(flow, HEAD, next);
    if (next === NONE) this.#set(flow, TAIL, NONE);
    this.#count(flow, first, -1);
    this.#pieces.setNext(last, NONE);
    return first;
  }

  /** Puts back a packet that `detachHead` gave, when that flow is where it was since. */
  restoreHead(flow: number, first: number): void {
    const last = this.#pieces.lastOfPacket(first);
    this.#count(flow, first, 1);
    this.#pieces.setNext(last, this.#get(flow, HEAD));
    if (this.isEmpty(flow)) this.#set(flow, TAIL, last);
    this.#set(flow, HEAD, first);
  }

  /** The flow whose turn it is (RFC 8290 §4.2), which may be without packets; NONE when there is no flow. */
  next(): number {
    for (;;) {
      const flow = this.#listed();
      if (flow === NONE || this.#get(flow, DEFICIT) > 0) return flow;
      this.#add(flow, DEFICIT, this.quantum);
      this.#move(flow, OLD);
    }
  }

  /** Notes that the flow whose turn it is has no packets (RFC 8290 §4.2). */
  retire(flow: number): void {
    // A new flow must take a turn as an old one first, or it could send for ever before the old ones.
    if (this.#get(flow, LIST) === NEW && this.#first[OLD] !== NONE) this.#move(flow, OLD);
    else this.#rest(flow);
  }

  /** Ends the turns of flows without packets that wait behind others, as if those had had theirs. */
  retireEmpty(): void {
    for (let flow = this.#first[OLD] ?? NONE; flow !== NONE; ) {
      const next = this.#get(flow, NEXT);
      if (this.isEmpty(flow)) this.#rest(flow);
      flow = next;
    }
  }

  /** Notes that no flow has packets. */
  retireAll(): void {
    for (let flow = this.#listed(); flow !== NONE; flow = this.#listed()) this.#rest(flow);
  }

  /** Takes `size` bytes, which were sent, off what a flow may send in its turn. */
  charge(flow: number, size: number): void {
    this.#add(flow, DEFICIT, -size);
  }

  /** The flow with the most bytes queued (RFC 8290 §4.1), or with the most pieces; NONE when nothing is queued. */
  fattest(measure: "bytes" | "pieces"): number {
    const rows = this.#rows;
    const end = rows.length;
    let fattest = NONE;
    let most = 0;
    for (let place = measure === "bytes" ? BYTES : PIECES; place < end; place += COLUMN_COUNT) {
      const size = rows[place] ?? 0;
      if (size <= most) continue;
      most = size;
      fattest = place;
    }
    return fattest === NONE ? NONE : Math.floor(fattest / COLUMN_COUNT);
  }

  isEmpty(flow: number): boolean {
    return this.#get(flow, HEAD) === NONE;
  }

  /** The first piece of a flow's first packet, or NONE. */
  head(flow: number): number {
    return this.#get(flow, HEAD);
  }

  bytes(flow: number): number {
    return this.#get(flow, BYTES);
  }

  codel(flow: number): Codel {
    return this.#codels[flow] ?? newCodel();
  }

  /** Whether a flow, if it had one packet more, would send that as a new flow; `overhead` is added to every packet. */
  isSparse(flow: number, overhead: number): boolean {
    if (flow === NONE || this.#get(flow, LIST) === IDLE) return true;
    const queued = this.#get(flow, BYTES) + this.#get(flow, PIECES) * overhead;
    return this.#get(flow, LIST) === NEW && queued < this.#get(flow, DEFICIT);
  }

  /** When the first of the packets that wait was queued; Infinity when there is none. */
  oldestQueuedAt(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (let flow = 0; flow < this.#codels.length; flow++) {
      if (!this.isEmpty(flow)) oldest = Math.min(oldest, this.#pieces.queuedAt(this.#get(flow, HEAD)));
    }
    return oldest;
  }

  /** Gives the tables' memory back, and forgets every flow; none may have packets. */
  trim(): void {
    this.#buckets = NO_BUCKETS;
    this.#rows = NO_ROWS;
    this.#codels.length = 0;
    this.#first.fill(NONE);
    this.#last.fill(NONE);
  }

  /** The flow that comes next, if it may send still; new flows come before old ones. */
  #listed(): number {
    const flow = this.#first[NEW] ?? NONE;
    return flow === NONE ? (this.#first[OLD] ?? NONE) : flow;
  }

  #rest(flow: number): void {
    const codel = this.codel(flow);
    endStanding(codel);
    // The rows at the front are used again first.
    if (hasMemory(codel)) this.#move(flow, IDLE);
    else this.#moveToFront(flow);
  }

  #count(flow: number, first: number, sign: 1 | -1): void {
    for (let row = first, isLast = false; !isLast; row = this.#pieces.next(row)) {
      isLast = this.#pieces.isLast(row);
      this.#add(flow, BYTES, sign * this.#pieces.length(row));
      this.#add(flow, PIECES, sign);
    }
  }

  #grow(): void {
    const before = this.#codels.length;
    const capacity = Math.min(BUCKET_COUNT, Math.max(SMALLEST_CAPACITY, 2 * before));
    if (before === 0) this.#buckets = new Uint16Array(BUCKET_COUNT);
    const rows = new Int32Array(capacity * COLUMN_COUNT);
    rows.set(this.#rows);
    this.#rows = rows;
    for (let flow = before; flow < capacity; flow++) {
      this.#codels.push(newCodel());
      for (const column of [BUCKET, HEAD, TAIL] as const) this.#set(flow, column, NONE);
      this.#insert(flow, IDLE, NONE, this.#first[IDLE] ?? NONE);
    }
  }

  #move(flow: number, list: typeof NEW | typeof OLD | typeof IDLE): void {
    this.#unlink(flow);
    this.#insert(flow, list, this.#last[list] ?? NONE, NONE);
  }

  #moveToFront(flow: number): void {
    this.#unlink(flow);
    this.#insert(flow, IDLE, NONE, this.#first[IDLE] ?? NONE);
  }

  #insert(flow: number, list: number, previous: number, next: number): void {
    this.#set(flow, LIST, list);
    this.#set(flow, PREVIOUS, previous);
    this.#set(flow, NEXT, next);
    if (previous === NONE) this.#first[list] = flow;
    else this.#set(previous, NEXT, flow);
    if (next === NONE) this.#last[list] = flow;
    else this.#set(next, PREVIOUS, flow);
  }

  #unlink(flow: number): void {
    const list = this.#get(flow, LIST);
    const previous = this.#get(flow, PREVIOUS);
    const next = this.#get(flow, NEXT);
    if (previous === NONE) this.#first[list] = next;
    else this.#set(previous, NEXT, next);
    if (next === NONE) this.#last[list] = previous;
    else this.#set(next, PREVIOUS, previous);
  }

  #get(flow: number, column: number): number {
    return this.#rows[flow * COLUMN_COUNT + column] ?? 0;
  }

  #set(flow: number, column: number, value: number): void {
    this.#rows[flow * COLUMN_COUNT + column] = value;
  }

  #add(flow: number, column: number, value: number): void {
    this.#set(flow, column, this.#get(flow, column) + value);
  }
}
