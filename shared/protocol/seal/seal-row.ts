import type { TransmitBatch } from "../packet/transmit-batch.ts";
import { dataWord } from "../wire/datagram-header.ts";
import { highWord, lowWord } from "./packet-number.ts";
import type { SecurityAssociation } from "./security-association.ts";

/** Gives a row its datagram header, packet number and key; the socket seals it when the batch is sent. */
export function sealRow(
  batch: TransmitBatch,
  row: number,
  association: SecurityAssociation,
  isChecksumPartial: boolean,
): void {
  const { remoteIndex, sealSlot } = association.keys;
  const packetNumber = association.takePacketNumber();
  const low = lowWord(packetNumber);
  batch.seal(row, dataWord(remoteIndex, isChecksumPartial), low, highWord(packetNumber), low, sealSlot);
}
