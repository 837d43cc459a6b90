import type { PacketFilter } from "./packet/packet-delivery.ts";
import type { LinkFilter } from "./pinning/link-filters.ts";
import type { Pinning } from "./pinning/pinned-traffic.ts";
import type { Scheduler } from "./scheduler/scheduler.ts";
import type { Milliseconds } from "./units.ts";

/** What one bundle is like. */
export type TunnelOptions = {
  readonly name: string;
  /** Whether this end opens the links or answers. */
  readonly role: "initiator" | "responder";
  readonly scheduler: Scheduler;
  /** The largest packet that this end takes and puts together, in bytes. */
  readonly mrru: number;
  /** How many classes this end receives and sends. */
  readonly classes: number;
  /** The longest wait for a missing fragment. */
  readonly reorderWait: Milliseconds;
  /** Decides which packets of the peer may go on. */
  readonly filter: PacketFilter | undefined;
  /** Which packets of an initiator go over which link while that is up: the first that matches counts; none when left out. */
  readonly filters?: readonly LinkFilter[] | undefined;
  /** This end's endpoint discriminator (RFC 1990 §5.1.3): new for every bundle. */
  readonly endpointDiscriminator: Uint8Array;
};

/** What binds packets of a bundle to links: an initiator's filters; the other end follows them. */
export function pinningOf({ role, filters = [], filter }: TunnelOptions): Pinning {
  return role === "initiator" ? { kind: "filters", filters } : { kind: "follows", filter };
}
