import type { PacketFilter } from "./packet/packet-delivery.ts";
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
  /** This end's endpoint discriminator (RFC 1990 §5.1.3): new for every bundle. */
  readonly endpointDiscriminator: Uint8Array;
};
