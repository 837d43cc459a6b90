import { HEADROOM } from "../packet/packet-batch.ts";
import { isEarlierSegment } from "../packet/segment-order.ts";
import { BEGIN, PACKET_PROTOCOL_SIZE } from "../wire/frame-header.ts";
import type { FlowQueues } from "./flow-queues.ts";
import type { QueuedPackets } from "./queued-packets.ts";
import { NONE } from "./queued-pieces.ts";

/**
 * Puts a packet into the queue of its flow: behind the others, but a segment of TCP before those that follow it in
 * their stream. What was lost and is sent again then ends the receiver's wait at once, and not after the whole queue.
 */
export function placeInFlow(packets: QueuedPackets, flows: FlowQueues, flow: number, first: number): void {
  const { pieces } = packets;
  const tail = flows.tail(flow);
  // The last of several pieces has no header.
  const mayBeLate = tail !== NONE && (pieces.flags(tail) & BEGIN) !== 0 && isEarlier(packets, first, tail);
  if (!mayBeLate) return flows.append(flow, first);
  let previous = NONE;
  for (let row = flows.head(flow); row !== NONE && !isEarlier(packets, first, row); row = pieces.next(row)) {
    previous = row;
    row = pieces.lastOfPacket(row);
  }
  flows.insert(flow, first, previous);
}

function isEarlier({ bytes, pieces }: QueuedPackets, row: number, other: number): boolean {
  return isEarlierSegment(bytes, headerOf(pieces.cell(row)), headerOf(pieces.cell(other)));
}

function headerOf(cell: number): number {
  return cell + HEADROOM + PACKET_PROTOCOL_SIZE;
}
