const IP_HEADER = 20;
const UDP_HEADER = 8;
const UDP = 17;

/** A UDP packet over IPv4 of so many bytes, with both checksums. Addresses are four bytes. */
export function udpPacket(
  source: readonly number[],
  destination: readonly number[],
  port: number,
  size: number,
): Uint8Array {
  const packet = new Uint8Array(size);
  const view = new DataView(packet.buffer);
  const pseudoHeader = [...words([...source, ...destination]), UDP, size - IP_HEADER];
  packet[0] = 0x45;
  view.setUint16(2, size);
  view.setUint16(6, 0x4000);
  packet[8] = 64;
  packet[9] = UDP;
  packet.set(source, 12);
  packet.set(destination, 16);
  view.setUint16(10, checksum(words(packet.subarray(0, IP_HEADER))));
  view.setUint16(IP_HEADER, port);
  view.setUint16(IP_HEADER + 2, port);
  view.setUint16(IP_HEADER + 4, size - IP_HEADER);
  packet.fill(0x42, IP_HEADER + UDP_HEADER);
  view.setUint16(IP_HEADER + 6, checksum([...pseudoHeader, ...words(packet.subarray(IP_HEADER))]));
  return packet;
}

// RFC 1071: the one's complement of the one's complement sum.
function checksum(values: readonly number[]): number {
  let sum = values.reduce((total, value) => total + value, 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function words(bytes: ArrayLike<number>): number[] {
  return Array.from({ length: Math.ceil(bytes.length / 2) }, (_, index) => {
    return ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0);
  });
}
