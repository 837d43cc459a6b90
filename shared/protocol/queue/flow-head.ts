import { HEADROOM } from "../packet/packet-batch.ts";
import { type Milliseconds, milliseconds } from "../units.ts";
import { PACKET_PROTOCOL_SIZE } from "../wire/frame-header.ts";
import type { CodelQueue } from "./codel.ts";
import { markCongestion } from "./ecn.ts";
import type { FlowQueues } from "./flow-queues.ts";
import type { QueuedPackets } from "./queued-packets.ts";
import { MARKED, NONE } from "./queued-pieces.ts";

/** The queue of one flow after the other, as CoDel sees it. */
export class FlowHead implements CodelQueue {
  readonly #packets: QueuedPackets;
  readonly #flows: FlowQueues;
  /** The flow that is looked at. */
  flow = NONE;
  /** The size of a full packet. */
  fullPacket = 0;
  dropped = 0;
  marked = 0;

  constructor(packets: QueuedPackets, flows: FlowQueues) {
    this.#packets = packets;
    this.#flows = flows;
  }

  get isEmpty(): boolean {
    return this.#flows.isEmpty(this.flow);
  }

  get isShort(): boolean {
    const head = this.#packets.pieces.packetLength(this.#flows.head(this.flow));
    return this.#flows.bytes(this.flow) - head <= this.fullPacket + PACKET_PROTOCOL_SIZE;
  }

  /** Whether CoDel has marked the head when it was to be sent before. */
  get isMarked(): boolean {
    const head = this.#flows.head(this.flow);
    return head !== NONE && (this.#packets.pieces.flags(head) & MARKED) !== 0;
  }

  sojourn(now: Milliseconds): Milliseconds {
    return milliseconds(now - this.#packets.pieces.queuedAt(this.#flows.head(this.flow)));
  }

  mark(): boolean {
    const { pieces, bytes } = this.#packets;
    const head = this.#flows.head(this.flow);
    if (!markCongestion(bytes, pieces.cell(head) + HEADROOM + PACKET_PROTOCOL_SIZE)) return false;
    pieces.setFlags(head, pieces.flags(head) | MARKED);
    this.marked++;
    return true;
  }

  drop(): void {
    this.#packets.discard(this.#flows.detachHead(this.flow));
    this.dropped++;
  }
}
