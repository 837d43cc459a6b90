import {
  completeChecksum,
  DELIVERY_COLUMN_COUNT,
  FLAG_CHECKSUM_PARTIAL,
  MINIMUM_SCRATCH,
  PACKET_COLUMN_COUNT,
  type PlainPacket,
  TunDevice,
} from "../../index.ts";

const WAIT_MS = 2000;

/**
 * Reads until `count` packets have come, or none comes for two seconds; partial checksums are completed. The
 * kernel's own multicast over IPv6 (RFC 3810) is left out.
 */
export function readPackets(device: TunDevice, count: number, capacity: number): Uint8Array[] {
  const arena = new Uint8Array(2 * MINIMUM_SCRATCH);
  const columns = new Int32Array(PACKET_COLUMN_COUNT * capacity);
  const packets: Uint8Array[] = [];
  while (packets.length < count && TunDevice.waitReadable([device], WAIT_MS)) {
    for (;;) {
      const rows = device.read(arena, 5, arena.length - 5, columns, capacity);
      if (rows === 0) break;
      for (let row = 0; row < rows; row++) {
        const packet = wholePacket(device, arena, columns, capacity, row);
        if (!isMulticast(packet)) packets.push(packet);
      }
    }
  }
  return packets;
}

/** Writes packets as one batch and returns how many were not taken. */
export function writePackets(device: TunDevice, packets: readonly PlainPacket[]): number {
  const arena = new Uint8Array(packets.reduce((sum, packet) => sum + packet.bytes.length, 0));
  const columns = new Int32Array(DELIVERY_COLUMN_COUNT * packets.length);
  let offset = 0;
  for (const [row, packet] of packets.entries()) {
    arena.set(packet.bytes, offset);
    columns[row] = offset;
    columns[packets.length + row] = packet.bytes.length;
    columns[2 * packets.length + row] = packet.isChecksumPartial ? FLAG_CHECKSUM_PARTIAL : 0;
    offset += packet.bytes.length;
  }
  return device.write(arena, columns, packets.length, packets.length);
}

function isMulticast(packet: Uint8Array): boolean {
  return (packet[0] ?? 0) >> 4 === 6 && packet[24] === 0xff;
}

function wholePacket(
  device: TunDevice,
  arena: Uint8Array,
  columns: Int32Array,
  capacity: number,
  row: number,
): Uint8Array {
  const cell = (column: number) => columns[column * capacity + row] ?? 0;
  const packet = new Uint8Array(cell(1) + cell(3));
  packet.set(arena.subarray(cell(0), cell(0) + cell(1)));
  packet.set(arena.subarray(cell(2), cell(2) + cell(3)), cell(1));
  if ((cell(4) & FLAG_CHECKSUM_PARTIAL) !== 0) completeChecksum(packet, 0, packet.length, device.kind);
  return packet;
}
