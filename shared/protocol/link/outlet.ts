import type { TransmitBatch } from "../packet/transmit-batch.ts";

/** A socket as the core sees it: a batch to fill, and whether the kernel takes more at the moment. */
export class Outlet {
  readonly batch: TransmitBatch;
  isBlocked = false;

  constructor(batch: TransmitBatch) {
    this.batch = batch;
  }

  get hasRoom(): boolean {
    return this.room > 0;
  }

  /** How many datagrams more it takes now. */
  get room(): number {
    return this.isBlocked ? 0 : this.batch.capacity - this.batch.count;
  }
}
