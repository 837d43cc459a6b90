import {
  DELIVERY_COLUMN_COUNT,
  type DeviceStatistics,
  MINIMUM_SCRATCH,
  PACKET_COLUMN_COUNT,
  TunDevice,
} from "../../index.ts";

// Carries packets between two devices of its network namespace, in a process of its own, until its parent hangs up:
// `bridge OFFLOAD`, where OFFLOAD is "offload" or "plain". Answers the message "statistics".

const CAPACITY = 512;
const SCRATCH = 16 * MINIMUM_SCRATCH;
const DELIVERY_SIZE = CAPACITY * 2048;
const WAIT_MS = 20;

export type BridgeReport = { readonly near: DeviceStatistics; readonly far: DeviceStatistics };

const arena = new Uint8Array(new SharedArrayBuffer(SCRATCH + DELIVERY_SIZE));
const packets = new Int32Array(PACKET_COLUMN_COUNT * CAPACITY);
const deliveries = new Int32Array(DELIVERY_COLUMN_COUNT * CAPACITY);

const offload = process.argv[2] !== "plain";
const near = TunDevice.open({ name: "near", kind: "tun", offload });
const far = TunDevice.open({ name: "far", kind: "tun", offload });
near.setTransmitQueueLength(5000);
far.setTransmitQueueLength(5000);
process.on("message", () =>
  process.send?.({ near: near.statistics(), far: far.statistics() } satisfies BridgeReport),
);
process.on("disconnect", () => process.exit());
process.send?.("ready");
work();

function work(): void {
  TunDevice.waitReadable([near, far], WAIT_MS);
  carry(near, far);
  carry(far, near);
  // Leaves the event loop to the parent's messages.
  setImmediate(work);
}

function carry(from: TunDevice, to: TunDevice): void {
  const rows = from.read(arena, 0, SCRATCH, packets, CAPACITY);
  let offset = SCRATCH;
  for (let row = 0; row < rows; row++) offset = deliver(row, offset);
  if (rows > 0) to.write(arena, deliveries, CAPACITY, rows);
}

/** Puts the two pieces of a row together, as a tunnel's far end gets them. */
function deliver(row: number, offset: number): number {
  const head = packets[row] ?? 0;
  const headLength = packets[CAPACITY + row] ?? 0;
  const body = packets[2 * CAPACITY + row] ?? 0;
  const bodyLength = packets[3 * CAPACITY + row] ?? 0;
  arena.copyWithin(offset, head, head + headLength);
  arena.copyWithin(offset + headLength, body, body + bodyLength);
  deliveries[row] = offset;
  deliveries[CAPACITY + row] = headLength + bodyLength;
  deliveries[2 * CAPACITY + row] = packets[4 * CAPACITY + row] ?? 0;
  return offset + headLength + bodyLength;
}
