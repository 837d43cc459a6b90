import type { PacketSink } from "../bundle/reassembler.ts";
import { DROP, type DropCode, type DropCounters } from "../drop-reason.ts";
import { PPP_PROTOCOLS } from "../wire/frame-header.ts";
import type { Arena } from "./arena.ts";
import type { DeliveryBatch } from "./delivery-batch.ts";
import { checkIpPacket, ipVersion } from "./ip-header.ts";
import { FLAG_CHECKSUM_PARTIAL } from "./packet-batch.ts";

/** Decides whether a packet of the peer may go on. */
export interface PacketFilter {
  /** Why the IP packet at `offset` is to be dropped, or undefined. */
  refuse(bytes: Uint8Array, offset: number): DropCode | undefined;
}

/** What a delivery works with. */
export type PacketDeliveryOptions = {
  readonly arena: Arena;
  readonly batch: DeliveryBatch;
  readonly filter: PacketFilter | undefined;
  readonly drops: DropCounters;
  readonly delivered: { count(size: number): void };
};

/** The last step inwards: lets well-formed and allowed IP packets through to the TUN device. */
export class PacketDelivery implements PacketSink {
  readonly #options: PacketDeliveryOptions;

  constructor(options: PacketDeliveryOptions) {
    this.#options = options;
  }

  deliver(offset: number, length: number, isChecksumPartial: boolean): boolean {
    const { arena, batch, filter, drops, delivered } = this.#options;
    if (batch.isFull) {
      batch.hasRefused = true;
      return false;
    }
    const packet = offset + 1;
    const size = length - 1;
    const protocol = arena.bytes[offset];
    if (protocol !== PPP_PROTOCOLS.ip4 && protocol !== PPP_PROTOCOLS.ip6) {
      drops.count(DROP.unknownProtocol);
      return true;
    }
    const version = protocol === PPP_PROTOCOLS.ip4 ? 4 : 6;
    if (size < 1 || ipVersion(arena.bytes, packet) !== version || checkIpPacket(arena.bytes, packet, size) !== size) {
      drops.count(DROP.malformedPacket);
      return true;
    }
    const refusal = filter?.refuse(arena.bytes, packet);
    if (refusal !== undefined) {
      drops.count(refusal);
      return true;
    }
    batch.add(packet, size, isChecksumPartial ? FLAG_CHECKSUM_PARTIAL : 0);
    delivered.count(size);
    return true;
  }

  onMemoryShort(): void {
    this.#options.batch.hasRefused = true;
  }
}
