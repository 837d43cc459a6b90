import { type BytesPerSecond, type Milliseconds, milliseconds, NEVER } from "../units.ts";

// RFC 8289 §4.2 and §4.3.
const TARGET = milliseconds(5);
const INTERVAL = milliseconds(100);

// RFC 8289 §5.5: a drop rate that was found this many intervals ago is where the next dropping state starts.
const REMEMBERED_INTERVALS = 16;

// RFC 8290 §5.2.2: below the time of a packet no queue can stay; half a packet more lets one arrive while one leaves.
const TARGET_PACKETS = 1.5;

/**
 * The standing delay to aim at on a line of `rate` that carries packets of up to `fullPacket` bytes; endless at a
 * rate of 0.
 */
export function codelTarget(rate: BytesPerSecond, fullPacket: number): Milliseconds {
  const packetTime = (fullPacket / rate) * 1000;
  return milliseconds(Math.max(TARGET, TARGET_PACKETS * packetTime));
}

/** CoDel's memory of one queue (RFC 8289 §5.2). */
export type Codel = {
  /** When the delay will have been above the target for an interval; NEVER while it is below. */
  firstAboveAt: Milliseconds;
  isDropping: boolean;
  /** When the next packet is to be dropped, or, when not dropping, when it would have been. */
  dropNext: Milliseconds;
  /** Packets dropped since the dropping state began, and what that count began with. */
  count: number;
  lastCount: number;
};

/** A queue as CoDel sees it: the packet at its head, and what is behind that. */
export interface CodelQueue {
  readonly isEmpty: boolean;
  /** Whether at most one full packet is queued behind the head. */
  readonly isShort: boolean;
  /** How long the head has been waiting. */
  sojourn(now: Milliseconds): Milliseconds;
  /** Marks the head with "congestion experienced"; false when it is not ECN-capable. */
  mark(): boolean;
  /** Drops the head. */
  drop(): void;
}

/** The state of a queue that never had a delay. */
export function newCodel(): Codel {
  return { firstAboveAt: NEVER, isDropping: false, dropNext: milliseconds(0), count: 0, lastCount: 0 };
}

/** Makes `codel` like a new one. */
export function forget(codel: Codel): void {
  endStanding(codel);
  codel.dropNext = milliseconds(0);
  codel.count = 0;
  codel.lastCount = 0;
}

/** Notes that the queue is empty: there is no standing delay, but the drop rate is remembered for a while. */
export function endStanding(codel: Codel): void {
  codel.firstAboveAt = NEVER;
  codel.isDropping = false;
}

/** Whether the state holds a drop rate that a next dropping state would start with, if it came soon. */
export function hasMemory(codel: Codel): boolean {
  return codel.count - codel.lastCount > 1;
}

/** Whether that drop rate is still of use at `now`. */
export function remembers(codel: Codel, now: Milliseconds): boolean {
  return hasMemory(codel) && now - codel.dropNext < REMEMBERED_INTERVALS * INTERVAL;
}

/** When to drop next, after a drop at `time` that was the `count`th in a row (RFC 8289 §5.6). */
export function controlLaw(time: Milliseconds, count: number): Milliseconds {
  return milliseconds(time + INTERVAL / Math.sqrt(count));
}

/**
 * Drops from the head of the queue what CoDel would drop before it lets a packet go at `now` (RFC 8289 §5.5), so that
 * the head is the packet to send, if any is left. An ECN-capable packet is marked and sent instead (RFC 8290 §5.2.6).
 */
export function settleHead(codel: Codel, queue: CodelQueue, target: Milliseconds, now: Milliseconds): void {
  const isStanding = observe(codel, queue, target, now);
  if (codel.isDropping) keepDropping(codel, queue, target, now, isStanding);
  else if (isStanding) startDropping(codel, queue, target, now);
}

function keepDropping(
  codel: Codel,
  queue: CodelQueue,
  target: Milliseconds,
  now: Milliseconds,
  isStanding: boolean,
): void {
  codel.isDropping = isStanding;
  while (codel.isDropping && now >= codel.dropNext) {
    codel.count++;
    const isMarked = queue.mark();
    if (!isMarked) {
      queue.drop();
      codel.isDropping = observe(codel, queue, target, now);
    }
    if (codel.isDropping) codel.dropNext = controlLaw(codel.dropNext, codel.count);
    if (isMarked) return;
  }
}

function startDropping(codel: Codel, queue: CodelQueue, target: Milliseconds, now: Milliseconds): void {
  if (!queue.mark()) {
    queue.drop();
    observe(codel, queue, target, now);
  }
  codel.count = remembers(codel, now) ? codel.count - codel.lastCount : 1;
  codel.lastCount = codel.count;
  codel.dropNext = controlLaw(now, codel.count);
  codel.isDropping = true;
}

/** Whether the delay has been above the target for an interval: "ok_to_drop" of RFC 8289 §5.6, `dodequeue`. */
function observe(codel: Codel, queue: CodelQueue, target: Milliseconds, now: Milliseconds): boolean {
  if (queue.isEmpty || queue.sojourn(now) < target || queue.isShort) {
    codel.firstAboveAt = NEVER;
    return false;
  }
  if (codel.firstAboveAt === NEVER) {
    codel.firstAboveAt = milliseconds(now + INTERVAL);
    return false;
  }
  return now >= codel.firstAboveAt;
}
