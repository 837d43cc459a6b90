import { Fragment, PINNED } from "../bundle/fragment.ts";
import { DROP, type DropCounters } from "../drop-reason.ts";
import type { MemberLink } from "../link/member-link.ts";
import type { Arena } from "../packet/arena.ts";
import type { CellPool } from "../packet/cell-pool.ts";
import { flowHash, reverseFlowHash } from "../packet/flow.ts";
import { ipVersion } from "../packet/ip-header.ts";
import type { PacketFilter } from "../packet/packet-delivery.ts";
import { FairQueue } from "../queue/fair-queue.ts";
import { queueLimit, SMALLEST_QUEUE } from "../queue/queue-limit.ts";
import { bytesPerSecond, type Milliseconds } from "../units.ts";
import { BEGIN, END, PACKET_PROTOCOL_SIZE } from "../wire/frame-header.ts";
import { FollowedFlows } from "./followed-flows.ts";
import { type LinkFilter, LinkFilters } from "./link-filters.ts";

// RFC 791 §3.1, RFC 8200 §3.
const V4_HEADER_SIZE = 20;
const V6_HEADER_SIZE = 40;

const WHOLE = BEGIN | END;

/** What binds packets to links: filters of this end, or what the peer does; only packets that `filter` allows count. */
export type Pinning =
  | { readonly kind: "filters"; readonly filters: readonly LinkFilter[] }
  | { readonly kind: "follows"; readonly filter: PacketFilter | undefined };

/** What pinned traffic works with. */
export type PinnedTrafficOptions = {
  readonly arena: Arena;
  readonly cells: CellPool;
  readonly links: readonly MemberLink[];
  readonly drops: DropCounters;
  readonly pinning: Pinning;
  /** Sends a packet, or a piece that follows one that was sent, whole on a link; false when it has to wait. */
  readonly send: (link: MemberLink, fragment: Fragment, now: Milliseconds) => boolean;
};

/**
 * Packets that go over one link: which they are, and where they wait for it. Each link has a queue for them, so that
 * they and other traffic wait for each other nowhere but on the line.
 */
export class PinnedTraffic {
  readonly #options: PinnedTrafficOptions;
  readonly #filters: LinkFilters | undefined;
  readonly #followed = new FollowedFlows();
  readonly #fragment = new Fragment();
  /** By the links' ordinals. */
  readonly #queues: (FairQueue | undefined)[] = [];

  constructor(options: PinnedTrafficOptions) {
    const { pinning } = options;
    this.#options = options;
    const hasFilters = pinning.kind === "filters" && pinning.filters.length > 0;
    this.#filters = hasFilters ? new LinkFilters(pinning.filters) : undefined;
  }

  /** Whether every packet has to be looked at, and not one of each flow. */
  get hasFilters(): boolean {
    return this.#filters !== undefined;
  }

  /** The queues that there are, to be counted. */
  get queues(): readonly FairQueue[] {
    return this.#queues.filter((queue) => queue !== undefined);
  }

  /** The link that a packet that nothing was sent of has to go over, if it is bound to one that takes it now. */
  linkFor(fragment: Fragment, flow: number, now: Milliseconds): MemberLink | undefined {
    const { arena, links } = this.#options;
    const link =
      this.#filters === undefined ? this.#followed.find(flow, now) : this.#filters.find(fragment, arena.bytes, links);
    return link !== undefined && takesPinned(link) ? link : undefined;
  }

  /** Notes, where this end follows the peer, that a pinned packet came on a link; `length` bytes of it are there. */
  follow(link: MemberLink, offset: number, length: number, now: Milliseconds): void {
    const { arena, pinning } = this.#options;
    if (pinning.kind !== "follows") return;
    const packet = offset + PACKET_PROTOCOL_SIZE;
    const size = length - PACKET_PROTOCOL_SIZE;
    const hasHeader = size >= (ipVersion(arena.bytes, packet) === 6 ? V6_HEADER_SIZE : V4_HEADER_SIZE);
    if (!hasHeader || pinning.filter?.refuse(arena.bytes, packet) !== undefined) return;
    const hash = reverseFlowHash(arena.bytes, packet, size);
    if (hash !== 0) this.#followed.note(hash, link, now);
  }

  /** Where what is bound to a link waits. */
  queueOf(link: MemberLink): FairQueue {
    const { arena, cells } = this.#options;
    const queue = this.#queues[link.ordinal] ?? new FairQueue(arena, cells, SMALLEST_QUEUE);
    if (this.#queues[link.ordinal] === undefined) followRate(queue, link);
    this.#queues[link.ordinal] = queue;
    return queue;
  }

  /** How many packets wait. */
  get count(): number {
    let count = 0;
    for (const queue of this.#queues) count += queue?.count ?? 0;
    return count;
  }

  isWaitingFor(link: MemberLink): boolean {
    return this.#queues[link.ordinal]?.isEmpty === false;
  }

  /** Sends what the links can carry now; whether there was anything. */
  poll(now: Milliseconds): boolean {
    if (this.#queues.length === 0) return false;
    const fragment = this.#fragment;
    let hasSent = false;
    for (const link of this.#options.links) {
      const queue = this.#queues[link.ordinal];
      while (queue?.peek(fragment, now) === true) {
        const isSent = this.#options.send(link, fragment, now);
        queue.consume(fragment);
        if (!isSent) break;
        hasSent = true;
      }
    }
    return hasSent;
  }

  /** Takes the links' rates over; what waits for a link that takes nothing now goes to `others`. */
  onFeedback(others: FairQueue, now: Milliseconds): void {
    if (this.#queues.length === 0) return;
    for (const link of this.#options.links) {
      const queue = this.#queues[link.ordinal];
      if (queue === undefined) continue;
      if (takesPinned(link)) followRate(queue, link);
      else this.#release(queue, others, now);
    }
  }

  /** Forgets what is bound to a link that leaves the bundle, whose ordinal may come again. */
  forget(link: MemberLink): void {
    this.#followed.forget(link);
    this.#options.drops.count(DROP.noLink, this.#queues[link.ordinal]?.count ?? 0);
    this.#queues[link.ordinal]?.clear();
  }

  /** Drops everything that waits, uncounted. */
  clear(): void {
    for (const queue of this.#queues) queue?.clear();
  }

  /** Gives the memory back that empty queues need no more. */
  trim(): void {
    for (const queue of this.#queues) queue?.trim();
  }

  #release(queue: FairQueue, others: FairQueue, now: Milliseconds): void {
    const { arena, drops } = this.#options;
    const fragment = this.#fragment;
    while (queue.peek(fragment, now)) {
      fragment.flags &= ~PINNED;
      const packet = fragment.headOffset + PACKET_PROTOCOL_SIZE;
      const flow = flowHash(arena.bytes, packet, fragment.headLength - PACKET_PROTOCOL_SIZE);
      // Of a packet in several pieces, the others would go before their first.
      const isWhole = (fragment.flags & WHOLE) === WHOLE;
      if (!(isWhole && others.push(fragment, flow, now)) && (fragment.flags & BEGIN) !== 0)
        drops.count(DROP.queueFull);
      fragment.drop();
      queue.consume(fragment);
    }
  }
}

/** Whether a link carries what is bound to it: it is up and answers, and its quota is not used up. */
function takesPinned(link: MemberLink): boolean {
  return link.isUp && !link.isSilent && link.allowance !== "fallback";
}

function followRate(queue: FairQueue, { estimator }: MemberLink): void {
  queue.setRate(bytesPerSecond(estimator.capacity));
  queue.limit = queueLimit(estimator.capacity);
}
