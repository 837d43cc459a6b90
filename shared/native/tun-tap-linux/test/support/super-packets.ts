import { buildPacket, CWR, FIN, headerOffsets, type PacketShape, PSH } from "./packets.ts";

const SEGMENTS_TCP4 = 1;
const SEGMENTS_TCP6 = 4;
const SEGMENTS_UDP = 5;

/** A packet behind the virtio header that says how it is to be cut. */
export function buildSuperPacket(shape: PacketShape, segmentSize: number): Uint8Array {
  const tcpType = shape.version === 4 ? SEGMENTS_TCP4 : SEGMENTS_TCP6;
  const type = shape.protocol === "tcp" ? tcpType : SEGMENTS_UDP;
  return withVirtioHeader(shape, buildPacket({ ...shape, checksum: "partial" }), type, segmentSize);
}

/** A single packet behind its virtio header. */
export function buildSinglePacket(shape: PacketShape): Uint8Array {
  return withVirtioHeader(shape, buildPacket(shape), 0, 0);
}

/** The shapes of the segments that a super-packet stands for. */
export function segmentShapes(shape: PacketShape, segmentSize: number): PacketShape[] {
  const shapes: PacketShape[] = [];
  for (let start = 0; start < shape.payload.length; start += segmentSize) {
    const isLast = start + segmentSize >= shape.payload.length;
    const lastOnly = isLast ? 0 : FIN | PSH;
    const firstOnly = start === 0 ? 0 : CWR;
    shapes.push({
      ...shape,
      payload: shape.payload.subarray(start, start + segmentSize),
      identification: shape.identification + shapes.length,
      sequence: shape.sequence + start,
      flags: shape.flags & ~(lastOnly | firstOnly),
    });
  }
  return shapes;
}

function withVirtioHeader(shape: PacketShape, packet: Uint8Array, type: number, segmentSize: number): Uint8Array {
  const { transport, payload } = headerOffsets(shape);
  const bytes = new Uint8Array(10 + packet.length);
  bytes.set(packet, 10);
  bytes[0] = type !== 0 || shape.checksum === "partial" ? 1 : 0;
  bytes[1] = type;
  const words = new Uint16Array(4);
  if (type !== 0) words.set([payload, segmentSize]);
  if (bytes[0] === 1) words.set([transport, shape.protocol === "tcp" ? 16 : 6], 2);
  bytes.set(new Uint8Array(words.buffer), 2);
  return bytes;
}
