import type { TransmitBatch } from "../packet/transmit-batch.ts";
import { dataWord } from "../wire/datagram-header.ts";
import { highWord, lowWord } from "./packet-number.ts";
import type { AssociationKeys, SecurityAssociation } from "./security-association.ts";

/**
 * Gives a row its datagram header with `DATAGRAM_FLAGS`, packet number and key; the socket seals it when the batch is
 * sent. Returns the packet number.
 */
export function sealRow(batch: TransmitBatch, row: number, association: SecurityAssociation, flags: number): number {
  const packetNumber = association.takePacketNumber();
  sealRowAs(batch, row, association.keys, packetNumber, flags);
  return packetNumber;
}

/** As `sealRow`, with a packet number that was taken before. */
export function sealRowAs(
  batch: TransmitBatch,
  row: number,
  { remoteIndex, sealSlot }: AssociationKeys,
  packetNumber: number,
  flags: number,
): void {
  const low = lowWord(packetNumber);
  batch.seal(row, dataWord(remoteIndex, flags), low, highWord(packetNumber), low, sealSlot);
}
