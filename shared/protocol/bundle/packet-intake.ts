import { DROP, type DropCounters } from "../drop-reason.ts";
import type { MemberLink } from "../link/member-link.ts";
import { NO_CELL } from "../packet/cell-pool.ts";
import { flowHash } from "../packet/flow.ts";
import { checkIpPacket, ipVersion } from "../packet/ip-header.ts";
import { FLAG_CHECKSUM_PARTIAL, type PacketBatch } from "../packet/packet-batch.ts";
import { isRealTime, isTcp } from "../packet/traffic-kind.ts";
import { FlowTable } from "../queue/flow-table.ts";
import type { PeerLimits } from "../seal/security-association.ts";
import type { Milliseconds } from "../units.ts";
import { BEGIN, END, FRAME_OVERHEAD, PPP_PROTOCOLS } from "../wire/frame-header.ts";
import { BULK, CHECKSUM_PARTIAL, type Fragment, URGENT } from "./fragment.ts";
import { REAL_TIME_CLASS } from "./traffic-class.ts";

// Beside BULK and URGENT.
const REAL_TIME = 0x100;

/** Takes packets into a bundle: checks that the peer takes them, and chooses their class (RFC 2686 §4). */
export class PacketIntake {
  readonly #bytes: Uint8Array;
  readonly #flows = new FlowTable();
  #peer: PeerLimits;
  /** The largest packet that every link that is up takes whole. */
  #wholeOnEveryLink = 0;
  /** The flow of the packet that was taken last, as a hash. */
  flow = 0;
  /** The protocol field of the packet that was taken last. */
  protocol: number = PPP_PROTOCOLS.ip4;
  /** What the rest of its run of segments shares with it: whether it was taken, its class, and what it is. */
  #isInRun = false;
  #flowClass = 0;
  #run = 0;

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

  /**
   * Points `fragment` at the packet in a row, with its protocol field and in its class; false when it is dropped and
   * counted. Of a run of segments, which differ in little, only the first is looked at.
   */
  take(batch: PacketBatch, row: number, fragment: Fragment, drops: DropCounters, now: Milliseconds): boolean {
    const offset = batch.headOffset(row);
    const headLength = batch.headLength(row);
    const length = headLength + batch.bodyLength(row);
    if (!this.#isInRun || !batch.continues(row)) {
      this.#isInRun = this.#check(offset, length, drops);
      if (!this.#isInRun) return false;
      this.flow = flowHash(this.#bytes, offset, headLength);
      const isBulk = this.#flows.isBulk(this.flow, now); // queue/
      this.#flowClass = this.#flows.classOf(this.flow, this.#peer.classes, now);
      this.protocol = ipVersion(this.#bytes, offset) === 6 ? PPP_PROTOCOLS.ip6 : PPP_PROTOCOLS.ip4;
      this.#run = this.#classify(offset, length, isBulk);
    }
    this.#bytes[offset - 1] = this.protocol;
    fragment.headOffset = offset - 1;
    fragment.headLength = headLength + 1;
    fragment.bodyOffset = batch.bodyOffset(row);
    fragment.bodyLength = batch.bodyLength(row);
    const isPartial = (batch.flags(row) & FLAG_CHECKSUM_PARTIAL) !== 0;
    fragment.flags = BEGIN | END | (isPartial ? CHECKSUM_PARTIAL : 0) | (this.#run & ~REAL_TIME);
    fragment.trafficClass = (this.#run & REAL_TIME) === 0 ? this.#flowClass : REAL_TIME_CLASS;
    fragment.hasHeadroom = true;
    fragment.cell = NO_CELL;
    return true;
  }

  /** Notes that the flow of the packet that was taken last has built up a queue; it is bulk, the packet included. */
  onQueued(fragment: Fragment, now: Milliseconds): void {
    this.#flows.onQueued(this.flow, now);
    fragment.flags |= BULK;
    if ((this.#run & REAL_TIME) === 0) this.#run |= BULK;
  }

  #check(offset: number, length: number, drops: DropCounters): boolean {
    const isWhole = checkIpPacket(this.#bytes, offset, length) === length;
    if (isWhole && length <= this.#peer.mrru) return true;
    drops.count(isWhole ? DROP.tooBig : DROP.malformedPacket);
    return false;
  }

  /** BULK and URGENT as the packet is, and REAL_TIME when it is of that class. */
  #classify(offset: number, length: number, isBulk: boolean): number {
    // A packet of the real-time class is not put together by the peer.
    const mayBeRealTime = this.#peer.classes > 1 && length <= this.#wholeOnEveryLink;
    const isSoon = mayBeRealTime && isRealTime(this.#bytes, offset, length, isBulk);
    const isUrgent = isSoon && !isTcp(this.#bytes, offset);
    return (isBulk ? BULK : 0) | (isUrgent ? URGENT : 0) | (isSoon ? REAL_TIME : 0);
  }
}
