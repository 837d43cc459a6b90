import {
  DELIVERY_COLUMN_COUNT,
  FLAG_CHECKSUM_PARTIAL,
  FLAG_CONTINUES,
  HEADROOM,
  PACKET_COLUMN_COUNT,
} from "./layout.ts";
import { addon, type DeviceKind } from "./native-addon.ts";

const VIRTIO_HEADER = 10;
const MAXIMUM_HEAD = 256 + HEADROOM + 16;

/** A packet as bytes, and whether its TCP or UDP checksum is partial (`FLAG_CHECKSUM_PARTIAL`). */
export type PlainPacket = { readonly bytes: Uint8Array; readonly isChecksumPartial: boolean };

/** A packet that was cut from a larger one, and whether the one before it was, too (`FLAG_CONTINUES`). */
export type Segment = PlainPacket & { readonly continues: boolean };

export type JoinOptions = {
  /** Behaves as a device that answers every super-packet with EIO. Default false. */
  readonly refusesSuperPackets?: boolean;
};

/**
 * Turns the partial checksum of the TCP or UDP packet at `offset` into a full one, in place. Returns false when the
 * bytes are not a whole, unfragmented TCP or UDP packet.
 */
export function completeChecksum(
  arena: Uint8Array,
  offset: number,
  length: number,
  kind: DeviceKind = "tun",
): boolean {
  return addon.completeChecksum(kind, arena, offset, length);
}

/**
 * Cuts a super-packet behind its virtio header (10 bytes, as `IFF_VNET_HDR` gives it) the way `TunDevice.read` does,
 * without a device. Returns null when it is not a super-packet of TCP or UDP; throws RangeError below 10 bytes.
 */
export function cutSuperPacket(kind: DeviceKind, superPacket: Uint8Array): Segment[] | null {
  if (superPacket.length < VIRTIO_HEADER) throw new RangeError("a super-packet begins with a virtio header");
  const capacity = countSegments(superPacket);
  const scratch = capacity * MAXIMUM_HEAD;
  const arena = new Uint8Array(superPacket.length + scratch);
  const columns = new Int32Array(PACKET_COLUMN_COUNT * capacity);
  arena.set(superPacket);

  const count = addon.cutSuperPacket(
    kind,
    arena,
    0,
    superPacket.length,
    superPacket.length,
    scratch,
    columns,
    capacity,
  );
  if (count < 0) return null;
  return Array.from({ length: count }, (_, row) => readRow(arena, columns, capacity, row));
}

/**
 * Joins packets the way `TunDevice.write` does with every offload granted, without a device. Returns what would be
 * written, each with its virtio header.
 */
export function joinSegments(
  kind: DeviceKind,
  packets: readonly PlainPacket[],
  options: JoinOptions = {},
): Uint8Array[] {
  const size = packets.reduce((sum, packet) => sum + packet.bytes.length, 0);
  const arena = new Uint8Array(size);
  const capacity = Math.max(packets.length, 1);
  const columns = new Int32Array(DELIVERY_COLUMN_COUNT * capacity);
  let offset = 0;
  for (const [row, packet] of packets.entries()) {
    arena.set(packet.bytes, offset);
    columns[row] = offset;
    columns[capacity + row] = packet.bytes.length;
    columns[2 * capacity + row] = packet.isChecksumPartial ? FLAG_CHECKSUM_PARTIAL : 0;
    offset += packet.bytes.length;
  }
  const output = new Uint8Array(size + packets.length * (4 + VIRTIO_HEADER));
  const refuses = options.refusesSuperPackets ?? false;
  const used = addon.joinSegments(kind, refuses, arena, columns, capacity, packets.length, output);
  return splitByLength(output.subarray(0, used));
}

// The segment size is the third number of the virtio header, in the machine's byte order.
function countSegments(superPacket: Uint8Array): number {
  const [, , segmentSize] = new Uint16Array(superPacket.slice(0, VIRTIO_HEADER).buffer);
  return Math.ceil(superPacket.length / Math.max(segmentSize ?? 1, 1));
}

function readRow(arena: Uint8Array, columns: Int32Array, capacity: number, row: number): Segment {
  const cell = (column: number) => columns[column * capacity + row] ?? 0;
  const head = arena.subarray(cell(0), cell(0) + cell(1));
  const body = arena.subarray(cell(2), cell(2) + cell(3));
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  const flags = cell(4);
  return {
    bytes,
    isChecksumPartial: (flags & FLAG_CHECKSUM_PARTIAL) !== 0,
    continues: (flags & FLAG_CONTINUES) !== 0,
  };
}

function splitByLength(output: Uint8Array): Uint8Array[] {
  const view = new DataView(output.buffer, output.byteOffset, output.length);
  const packets: Uint8Array[] = [];
  let offset = 0;
  while (offset < output.length) {
    const start = offset + 4;
    offset = start + view.getUint32(offset);
    packets.push(output.slice(start, offset));
  }
  return packets;
}
