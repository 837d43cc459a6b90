import type { TransmitBatch } from "../packet/transmit-batch.ts";
import { dataWord } from "../wire/datagram-header.ts";
import { highWord, lowWord } from "./packet-number.ts";
import type { SecurityAssociation } from "./security-association.ts";

/**
 * Gives a row its datagram header with `DATAGRAM_FLAGS`, packet number and key; the socket seals it when the batch is
 * sent. A row that is a run of `count` datagrams takes as many numbers. Returns the packet number, or the first.
 */
export function sealRow(
  batch: TransmitBatch,
  row: number,
  association: SecurityAssociation,
  flags: number,
  count = 1,
): number {
  const packetNumber = association.takePacketNumber(count);
  const low = lowWord(packetNumber);
  const { remoteIndex, sealSlot } = association.keys;
  batch.seal(row, dataWord(remoteIndex, flags), low, highWord(packetNumber), low, sealSlot);
  return packetNumber;
}
