import type { SessionEnvironment } from "./link/link-sessions.ts";
import type { Arena } from "./packet/arena.ts";
import type { AssemblyBuffer } from "./packet/assembly-buffer.ts";
import type { CellPool } from "./packet/cell-pool.ts";
import type { DeliveryBatch } from "./packet/delivery-batch.ts";

/** What a tunnel gets from its process: the memory, the way to the TUN device, the keys. */
export type TunnelEnvironment = {
  readonly arena: Arena;
  /** Cells for packets that wait. */
  readonly cells: CellPool;
  /** Address records of the links' peers. */
  readonly records: CellPool;
  readonly assembly: AssemblyBuffer;
  readonly delivery: DeliveryBatch;
  readonly sessions: SessionEnvironment;
};
