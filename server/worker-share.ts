import type { IpPrefix } from "../shared/config/values/ip-address.ts";
import { ONLY_WORKER, type WorkerPlace } from "../shared/protocol/wire/worker-place.ts";
import { leaseTable } from "./address-pool.ts";

// To load the code takes less than a second on a busy machine, and to open what is there a few milliseconds.
const TURN_LIMIT_MS = 20_000;

const FAILED = -1;

/** What the workers of a server have in common: memory that all of them see. Nothing of it is on a packet's way. */
export type SharedState = {
  /** Which addresses are leased, as `AddressPool` has it. */
  readonly leases4: Int32Array;
  readonly leases6: Int32Array | undefined;
  /** How many clients each worker has. */
  readonly clients: Int32Array;
  /** How many workers have opened their sockets and queues; `FAILED` once one could not. */
  readonly opened: Int32Array;
};

/** What one of them gets. */
export type WorkerShare = SharedState & {
  readonly place: WorkerPlace;
  /** The descriptor of the table that steers packets to the workers' queues; undefined for a worker that is alone. */
  readonly steering: number | undefined;
};

/** The networks that clients get their addresses from. */
type Pools = { readonly ip4: IpPrefix; readonly ip6: IpPrefix | undefined };

/** The share of a worker that is alone. */
export function shareOfOnlyWorker(pools: Pools): WorkerShare {
  return { ...sharedState(pools, ONLY_WORKER.count), place: ONLY_WORKER, steering: undefined };
}

/** The common state of so many workers. */
export function sharedState({ ip4, ip6 }: Pools, workers: number): SharedState {
  return {
    leases4: leaseTable(ip4),
    leases6: ip6 === undefined ? undefined : leaseTable(ip6),
    clients: counters(workers),
    opened: counters(1),
  };
}

/**
 * Calls `open` when all workers before this one have done so: the kernel numbers sockets and queues in the order in which
 * they are opened. Throws what `open` throws, and an Error without calling it when one before has failed or is overdue.
 */
export function openInTurn<T>({ place, opened }: WorkerShare, open: () => T): T {
  for (let done = Atomics.load(opened, 0); done !== place.number; done = Atomics.load(opened, 0)) {
    // Else it might share the port with another server that has it.
    if (done === FAILED) throw new Error("another worker could not start");
    if (Atomics.wait(opened, 0, done, TURN_LIMIT_MS) === "timed-out")
      throw new Error(`worker ${done} does not start`);
  }
  let next = FAILED;
  try {
    const result = open();
    next = place.number + 1;
    return result;
  } finally {
    Atomics.store(opened, 0, next);
    Atomics.notify(opened, 0);
  }
}

function counters(count: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
}
