import { CHECKSUM_PARTIAL } from "./bundle/fragment.ts";
import { FragmentRun } from "./bundle/fragment-run.ts";
import { sequenceNumber } from "./bundle/sequence-number.ts";
import { CELL_SIZE } from "./packet/cell-pool.ts";
import type { ReceiveBatch } from "./packet/receive-batch.ts";
import { DATAGRAM_HEADER_SIZE, DATAGRAM_OVERHEAD, isChecksumPartial } from "./wire/datagram-header.ts";
import {
  BEGIN,
  classOfWord,
  END,
  FRAGMENT_HEADER_SIZE,
  isWholePacket,
  laterFragmentWord,
  PPP_PROTOCOLS,
  readFragmentWord,
} from "./wire/frame-header.ts";

/**
 * Reads opened rows from `from` to `to` - 1 of a batch, which have the same first word, into `run`: as many as are whole
 * packets of one of the classes with consecutive sequence numbers, which may be none. `view` is that of the arena.
 */
export function readWholePackets(
  view: DataView,
  batch: ReceiveBatch,
  from: number,
  to: number,
  classes: number,
  run: FragmentRun,
): void {
  const { offsets, lengths } = run;
  const most = Math.min(to - from, FragmentRun.LONGEST);
  const word = readFragmentWord(view, batch.offset(from) + DATAGRAM_HEADER_SIZE);
  const isOne = isWholePacket(word) && classOfWord(word) < classes;
  let [count, longest] = [0, 0];
  for (; count < most && isOne; count++) {
    const offset = batch.offset(from + count) + DATAGRAM_HEADER_SIZE;
    const length = batch.length(from + count) - DATAGRAM_OVERHEAD;
    if (length <= FRAGMENT_HEADER_SIZE || length > CELL_SIZE) break;
    if (view.getUint8(offset) !== PPP_PROTOCOLS.multilink) break;
    if (readFragmentWord(view, offset) !== laterFragmentWord(word, count)) break;
    offsets[count] = offset + FRAGMENT_HEADER_SIZE;
    lengths[count] = length - FRAGMENT_HEADER_SIZE;
    if (length > longest) longest = length;
  }
  run.count = count;
  run.longest = longest - FRAGMENT_HEADER_SIZE;
  run.sequence = sequenceNumber(word);
  run.trafficClass = classOfWord(word);
  run.flags = BEGIN | END | (isChecksumPartial(batch.headerWord0(from)) ? CHECKSUM_PARTIAL : 0);
}
