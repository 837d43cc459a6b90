import type { Scoreboard } from "./scoreboard.ts";
import { type TcpSegment, unwrap } from "./segment.ts";

const BLOCKS = 3;

/** Enters acknowledgements, cumulative and selective, in a scoreboard. */
export class AckReader {
  readonly #board: Scoreboard;
  readonly #segmentSize: number;
  readonly #onDelivered: (segment: number, now: number) => void;
  readonly #knownStart = new Float64Array(BLOCKS);
  readonly #knownEnd = new Float64Array(BLOCKS);

  /** `onDelivered` is told of every segment that was delivered, before the scoreboard forgets it. */
  constructor(board: Scoreboard, segmentSize: number, onDelivered: (segment: number, now: number) => void) {
    this.#board = board;
    this.#segmentSize = segmentSize;
    this.#onDelivered = onDelivered;
  }

  /** Takes an acknowledgement of all before the segment `acknowledged`; true when it tells that something came twice. */
  take(segment: TcpSegment, acknowledged: number, now: number): boolean {
    const hasDuplicate = isDuplicateReport(segment);
    this.#takeSelective(segment, hasDuplicate ? 1 : 0, now);
    const board = this.#board;
    while (board.first < acknowledged) {
      if (!board.isSacked(board.first)) this.#onDelivered(board.first, now);
      board.acknowledgeFirst();
    }
    return hasDuplicate;
  }

  #takeSelective(segment: TcpSegment, firstBlock: number, now: number): void {
    const board = this.#board;
    for (let block = firstBlock; block < segment.sackCount; block++) {
      const start = this.#indexOf(segment.sackStart[block] ?? 0);
      const end = Math.min(board.next, this.#indexOf(segment.sackEnd[block] ?? 0));
      for (let index = Math.max(board.first, this.#newPartOf(start, end)); index < end; index++) {
        if (board.isSacked(index)) continue;
        this.#onDelivered(index, now);
        board.markSacked(index);
      }
      this.#knownStart[block] = start;
      this.#knownEnd[block] = end;
    }
  }

  #indexOf(sequence: number): number {
    return Math.ceil(unwrap(sequence, this.#board.first * this.#segmentSize) / this.#segmentSize);
  }

  // Most blocks are those of the last acknowledgement, one of them a little longer.
  #newPartOf(start: number, end: number): number {
    for (let known = 0; known < BLOCKS; known++) {
      const knownEnd = this.#knownEnd[known] ?? 0;
      if (this.#knownStart[known] === start && knownEnd <= end) return knownEnd;
    }
    return start;
  }
}

// RFC 2883: a first block that is acknowledged already, or that lies within the second, tells of a duplicate.
function isDuplicateReport({ sackCount, sackStart, sackEnd, acknowledgement }: TcpSegment): boolean {
  if (sackCount === 0) return false;
  if ((((sackStart[0] ?? 0) - acknowledgement) | 0) < 0) return true;
  const isWithin = (inner: number, outer: number): boolean =>
    (((sackStart[inner] ?? 0) - (sackStart[outer] ?? 0)) | 0) >= 0 &&
    (((sackEnd[outer] ?? 0) - (sackEnd[inner] ?? 0)) | 0) >= 0;
  return sackCount > 1 && isWithin(0, 1);
}
