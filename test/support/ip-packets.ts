const IP4_HEADER = 20;
const UDP_HEADER = 8;

/** The least size of an `ip4Packet`: IP and UDP header and the serial number. */
export const SMALLEST_PACKET = IP4_HEADER + UDP_HEADER + 4;

/** What an `ip4Packet` is made of; addresses are four numbers. */
export type Ip4PacketOptions = {
  readonly source: readonly number[];
  readonly destination: readonly number[];
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly size: number;
  readonly serial: number;
};

/** A UDP packet over IPv4 of `size` bytes that carries a serial number and bytes that follow from it. */
export function ip4Packet(options: Ip4PacketOptions): Uint8Array {
  const { source, destination, size, serial } = options;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x45;
  view.setUint16(2, size);
  bytes[8] = 64;
  bytes[9] = 17;
  bytes.set(source, 12);
  bytes.set(destination, 16);
  view.setUint16(20, options.sourcePort ?? 1000);
  view.setUint16(22, options.destinationPort ?? 2000);
  view.setUint16(24, size - IP4_HEADER);
  view.setUint32(28, serial);
  for (let place = SMALLEST_PACKET; place < size; place++) bytes[place] = (serial * 31 + place) & 0xff;
  return bytes;
}

/** The serial number of an `ip4Packet`. */
export function serialOf(packet: Uint8Array): number {
  return new DataView(packet.buffer, packet.byteOffset).getUint32(28);
}

/** Whether a packet's bytes are those that its serial number asks for. */
export function isIntact(packet: Uint8Array): boolean {
  const serial = serialOf(packet);
  for (let place = SMALLEST_PACKET; place < packet.length; place++) {
    if (packet[place] !== ((serial * 31 + place) & 0xff)) return false;
  }
  return true;
}
