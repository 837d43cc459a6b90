/** Bytes of an IPv4 header without options (RFC 791 §3.1). */
export const IP4_HEADER = 20;

/** Protocol numbers of the IPv4 header. */
export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17 } as const;

/** ECN code points of the IP header (RFC 3168 §5). */
export const ECN = { notCapable: 0, capable: 2, congested: 3 } as const;

const TIME_TO_LIVE = 64;

/** Where packets come from and go to; addresses are four numbers. */
export type Ends = {
  readonly source: readonly number[];
  readonly destination: readonly number[];
};

/** The same the other way. */
export function reversed({ source, destination }: Ends): Ends {
  return { source: destination, destination: source };
}

/** A buffer for packets of one protocol between two ends, in which each packet replaces the one before. */
export class Ip4Packets {
  readonly view: DataView;
  readonly #bytes: Uint8Array;

  constructor({ source, destination }: Ends, protocol: number, largestSize: number) {
    this.#bytes = new Uint8Array(largestSize);
    this.view = new DataView(this.#bytes.buffer);
    this.#bytes[0] = 0x45;
    this.#bytes[8] = TIME_TO_LIVE;
    this.#bytes[9] = protocol;
    this.#bytes.set(source, 12);
    this.#bytes.set(destination, 16);
  }

  /** Completes the IP header and returns the packet, which is good until the next one. */
  finish(size: number, trafficClass: number): Uint8Array {
    const { view } = this;
    view.setUint8(1, trafficClass);
    view.setUint16(2, size);
    view.setUint16(10, 0);
    view.setUint16(10, headerChecksum(view));
    return this.#bytes.subarray(0, size);
  }
}

/** The ECN code point of a packet. */
export function ecnOf(packet: Uint8Array): number {
  return (packet[1] ?? 0) & 3;
}

function headerChecksum(view: DataView): number {
  let sum = 0;
  for (let offset = 0; offset < IP4_HEADER; offset += 2) sum += view.getUint16(offset);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~(sum + (sum >> 16)) & 0xffff;
}
