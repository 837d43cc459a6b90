import type { FragmentRun } from "../bundle/fragment-run.ts";
import type { PacketSink } from "../bundle/packet-sink.ts";
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
  readonly delivered: { count(size: number, packets: number): void };
};

/** The last step inwards: lets well-formed and allowed IP packets through to the TUN device. */
export class PacketDelivery implements PacketSink {
  readonly #bytes: Uint8Array;
  readonly #batch: DeliveryBatch;
  readonly #filter: PacketFilter | undefined;
  readonly #drops: DropCounters;
  readonly #delivered: PacketDeliveryOptions["delivered"];

  constructor({ arena, batch, filter, drops, delivered }: PacketDeliveryOptions) {
    this.#bytes = arena.bytes;
    this.#batch = batch;
    this.#filter = filter;
    this.#drops = drops;
    this.#delivered = delivered;
  }

  deliver(offset: number, length: number, isChecksumPartial: boolean): boolean {
    const batch = this.#batch;
    if (batch.isFull) {
      batch.hasRefused = true;
      return false;
    }
    const reason = this.#check(offset, length);
    if (reason !== undefined) {
      this.#drops.count(reason);
      return true;
    }
    batch.add(offset + 1, length - 1, isChecksumPartial ? FLAG_CHECKSUM_PARTIAL : 0);
    this.#delivered.count(length - 1, 1);
    return true;
  }

  deliverRun({ offsets, lengths }: FragmentRun, from: number, to: number, isChecksumPartial: boolean): number {
    const batch = this.#batch;
    const flags = isChecksumPartial ? FLAG_CHECKSUM_PARTIAL : 0;
    let place = from;
    let packets = 0;
    let bytes = 0;
    for (; place < to && !batch.isFull; place++) {
      const offset = offsets[place] ?? 0;
      const length = lengths[place] ?? 0;
      const reason = this.#check(offset, length);
      if (reason !== undefined) {
        this.#drops.count(reason);
        continue;
      }
      batch.add(offset + 1, length - 1, flags);
      packets++;
      bytes += length - 1;
    }
    if (place < to) batch.hasRefused = true;
    this.#delivered.count(bytes, packets);
    return place - from;
  }

  onMemoryShort(): void {
    this.#batch.hasRefused = true;
  }

  /** Why a packet, protocol field first, is to be dropped, or undefined. */
  #check(offset: number, length: number): DropCode | undefined {
    const bytes = this.#bytes;
    const protocol = bytes[offset];
    if (protocol !== PPP_PROTOCOLS.ip4 && protocol !== PPP_PROTOCOLS.ip6) return DROP.unknownProtocol;
    const packet = offset + 1;
    const size = length - 1;
    const version = protocol === PPP_PROTOCOLS.ip4 ? 4 : 6;
    const isWhole = size > 0 && ipVersion(bytes, packet) === version && checkIpPacket(bytes, packet, size) === size;
    return isWhole ? this.#filter?.refuse(bytes, packet) : DROP.malformedPacket;
  }
}
