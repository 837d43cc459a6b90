import { DROP, type DropCounters } from "../drop-reason.ts";
import type { MemberLink } from "../link/member-link.ts";
import { NO_CELL } from "../packet/cell-pool.ts";
import { checkIpPacket, ipVersion } from "../packet/ip-header.ts";
import { FLAG_CHECKSUM_PARTIAL, type PacketBatch } from "../packet/packet-batch.ts";
import { isRealTime, isTcp } from "../packet/traffic-kind.ts";
import type { PeerLimits } from "../seal/security-association.ts";
import { BEGIN, END, FRAME_OVERHEAD, PPP_PROTOCOLS } from "../wire/frame-header.ts";
import { BULK, CHECKSUM_PARTIAL, type Fragment, URGENT } from "./fragment.ts";
import { REAL_TIME_CLASS } from "./traffic-class.ts";

/** Takes packets into a bundle: checks that the peer takes them, and chooses their class (RFC 2686 §3). */
export class PacketIntake {
  readonly #bytes: Uint8Array;
  #peer: PeerLimits;
  /** The largest packet that every link that is up takes whole. */
  #wholeOnEveryLink = 0;

  constructor(bytes: Uint8Array, peer: PeerLimits) {
    this.#bytes = bytes;
    this.#peer = peer;
  }

  setPeerLimits(peer: PeerLimits): void {
    this.#peer = peer;
  }

  /** Takes over what the links carry. */
  onLinksChanged(links: readonly MemberLink[]): void {
    let largest = Number.POSITIVE_INFINITY;
    for (const link of links) if (link.isUp) largest = Math.min(largest, link.largestFrame - FRAME_OVERHEAD);
    this.#wholeOnEveryLink = largest;
  }

  /** Points `fragment` at the packet in a row, with its protocol field; false when it is dropped and counted. */
  take(batch: PacketBatch, row: number, fragment: Fragment, drops: DropCounters): boolean {
    const offset = batch.headOffset(row);
    const headLength = batch.headLength(row);
    const length = headLength + batch.bodyLength(row);
    const isTaken = checkIpPacket(this.#bytes, offset, length) === length;
    if (!isTaken || length > this.#peer.mrru) {
      drops.count(isTaken ? DROP.tooBig : DROP.malformedPacket);
      return false;
    }
    const isIp6 = ipVersion(this.#bytes, offset) === 6;
    this.#bytes[offset - 1] = isIp6 ? PPP_PROTOCOLS.ip6 : PPP_PROTOCOLS.ip4;
    fragment.headOffset = offset - 1;
    fragment.headLength = headLength + 1;
    fragment.bodyOffset = batch.bodyOffset(row);
    fragment.bodyLength = batch.bodyLength(row);
    fragment.flags = BEGIN | END | ((batch.flags(row) & FLAG_CHECKSUM_PARTIAL) === 0 ? 0 : CHECKSUM_PARTIAL);
    fragment.hasHeadroom = true;
    fragment.cell = NO_CELL;
    return true;
  }

  /** Puts a packet that nothing was sent of into its flow's class, or, when it is a real-time one, into that class. */
  classify(fragment: Fragment, flowClass: number, isBulk: boolean): void {
    const { classes } = this.#peer;
    const length = fragment.length - 1;
    const offset = fragment.headOffset + 1;
    // A packet of the real-time class is not put together by the peer.
    const mayBeRealTime = classes > 1 && length <= this.#wholeOnEveryLink;
    const isSoon = mayBeRealTime && isRealTime(this.#bytes, offset, length, isBulk);
    fragment.trafficClass = isSoon ? REAL_TIME_CLASS : flowClass;
    fragment.flags &= ~(BULK | URGENT);
    if (isBulk) fragment.flags |= BULK;
    if (isSoon && !isTcp(this.#bytes, offset)) fragment.flags |= URGENT;
  }
}
