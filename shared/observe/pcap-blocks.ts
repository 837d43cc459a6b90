import { BLOCK_TYPES } from "./pcap.ts";

/** A capture larger than this per block is no capture: a frame is at most 64 KiB. */
const MAXIMUM_BLOCK = 1 << 20;
const MINIMUM_BLOCK = 12;
const OPTION_DROPPED = 5;
const STATISTICS_OPTIONS = 20;

/** One whole block of a pcapng file, as it stands in the file. */
export type PcapBlock = { readonly type: number; readonly bytes: Uint8Array };

/** Cuts a stream of little-endian pcapng into whole blocks, however it arrives. */
export class PcapBlocks {
  #rest: Uint8Array = new Uint8Array(0);

  /** Takes the next piece and returns the blocks that it completes. Throws an `Error` when it is not pcapng. */
  push(piece: Uint8Array): PcapBlock[] {
    let bytes: Uint8Array = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const blocks: PcapBlock[] = [];
    for (;;) {
      if (bytes.length < MINIMUM_BLOCK) break;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const length = view.getUint32(4, true);
      if (length < MINIMUM_BLOCK || length > MAXIMUM_BLOCK || length % 4 !== 0) throw new Error("not a pcapng block");
      if (bytes.length < length) break;
      blocks.push({ type: view.getUint32(0, true), bytes: bytes.subarray(0, length) });
      bytes = bytes.subarray(length);
    }
    this.#rest = bytes;
    return blocks;
  }
}

/** How many frames were dropped according to an interface statistics block; 0 for any other block. */
export function droppedFrames(block: PcapBlock): number {
  if (block.type !== BLOCK_TYPES.statistics) return 0;
  const view = new DataView(block.bytes.buffer, block.bytes.byteOffset, block.bytes.byteLength);
  for (let offset = STATISTICS_OPTIONS; offset + 16 <= view.byteLength; ) {
    const length = view.getUint16(offset + 2, true);
    if (view.getUint16(offset, true) === OPTION_DROPPED && length === 8)
      return Number(view.getBigUint64(offset + 4, true));
    offset += 4 + length + (-length & 3);
  }
  return 0;
}
