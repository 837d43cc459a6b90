import { FLAG_CHECKSUM_PARTIAL, type PacketBatch } from "../packet/packet-batch.ts";
import type { TransmitBatch } from "../packet/transmit-batch.ts";
import { DATAGRAM_FLAGS, dataWord } from "../wire/datagram-header.ts";
import { highWord, lowWord } from "./packet-number.ts";
import type { AssociationKeys, SecurityAssociation } from "./security-association.ts";

/**
 * Gives a row its datagram header with `DATAGRAM_FLAGS`, packet number and key; the socket seals it when the batch is
 * sent. Returns the packet number.
 */
export function sealRow(batch: TransmitBatch, row: number, association: SecurityAssociation, flags: number): number {
  const packetNumber = association.takePacketNumber();
  const low = lowWord(packetNumber);
  const { remoteIndex, sealSlot } = association.keys;
  batch.seal(row, dataWord(remoteIndex, flags), low, highWord(packetNumber), low, sealSlot);
  return packetNumber;
}

/**
 * Adds rows for `count` packets from `from` on to a batch, each with `ahead` bytes in front of its head, and seals them
 * as `sealRow` under packet numbers from `packetNumber` on, which were taken before.
 */
export function sealRun(
  batch: TransmitBatch,
  packets: PacketBatch,
  from: number,
  count: number,
  ahead: number,
  addressOffset: number,
  { remoteIndex, sealSlot }: AssociationKeys,
  packetNumber: number,
): void {
  const wholeWord = dataWord(remoteIndex, 0);
  const partialWord = dataWord(remoteIndex, DATAGRAM_FLAGS.checksumPartial);
  for (let place = 0; place < count; place++) {
    const row = from + place;
    const [head, headLength] = [packets.headOffset(row) - ahead, packets.headLength(row) + ahead];
    const added = batch.add(head, headLength, packets.bodyOffset(row), packets.bodyLength(row), addressOffset);
    const isPartial = (packets.flags(row) & FLAG_CHECKSUM_PARTIAL) !== 0;
    const number = packetNumber + place;
    const low = lowWord(number);
    batch.seal(added, isPartial ? partialWord : wholeWord, low, highWord(number), low, sealSlot);
  }
}
