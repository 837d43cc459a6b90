import { RECEIVE_COLUMNS, type ReceiveBatch } from "../../../../shared/protocol/packet/receive-batch.ts";
import { NO_KEY } from "../../../../shared/protocol/packet/transmit-batch.ts";
import type { Aead } from "../../../../shared/protocol/seal/aead.ts";

/** An AEAD that leaves everything in clear and refuses what it was told is damaged. */
export class ClearAead implements Aead {
  readonly #isDamaged: Uint8Array;
  #slots = 0;

  /** `rows` is how many a batch has at most. */
  constructor(rows: number) {
    this.#isDamaged = new Uint8Array(rows);
  }

  /** Says whether the next batch's row is damaged. */
  noteDamage(row: number, isDamaged: boolean): void {
    this.#isDamaged[row] = isDamaged ? 1 : 0;
  }

  addKey(): number {
    return this.#slots++;
  }

  removeKey(): void {
    // There are more numbers than keys.
  }

  open({ columns, capacity, count }: ReceiveBatch): void {
    const opened = RECEIVE_COLUMNS.isOpened * capacity;
    const keys = RECEIVE_COLUMNS.keySlot * capacity;
    for (let row = 0; row < count; row++) {
      const isGood = columns[keys + row] !== NO_KEY && this.#isDamaged[row] === 0;
      columns[opened + row] = isGood ? 1 : 0;
    }
  }
}
