import type { DropCounters } from "./drop-reason.ts";
import type { MemberLink } from "./link/member-link.ts";
import type { Arena } from "./packet/arena.ts";
import type { CellPool } from "./packet/cell-pool.ts";
import type { Pinning } from "./pinning/pinned-traffic.ts";
import type { Scheduler } from "./scheduler/scheduler.ts";

/** What the sending side of a bundle works with. */
export type OutboundOptions = {
  readonly arena: Arena;
  readonly cells: CellPool;
  readonly links: readonly MemberLink[];
  readonly scheduler: Scheduler;
  readonly drops: DropCounters;
  /** What binds packets to links; nothing when left out. */
  readonly pinning?: Pinning;
};

/** What binds no packet to a link. */
export const NOTHING_PINNED: Pinning = { kind: "filters", filters: [] };
