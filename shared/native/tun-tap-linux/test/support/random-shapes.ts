import { ACK, ECE, FIN, type PacketShape, PLAIN_PACKET, PSH } from "./packets.ts";
import type { Random } from "./random.ts";

/** A shape of data packet that can be cut and joined, everything about it drawn at random, the payload empty. */
export function randomShape(random: Random): PacketShape {
  return {
    ...PLAIN_PACKET,
    kind: random.pick(["tun", "tap"]),
    vlanTags: random.integer(0, 2),
    version: random.pick([4, 6]),
    protocol: random.pick(["tcp", "udp"]),
    sourcePort: random.integer(1, 0xffff),
    trafficClass: random.integer(0, 255),
    hopLimit: random.integer(1, 255),
    identification: random.integer(0, 0xffff),
    doNotFragment: random.chance(2),
    ipOptions: random.chance(4) ? Uint8Array.of(0x94, 4, 0, 0, 1, 1, 1, 0) : new Uint8Array(0),
    extensions: random.chance(4) ? [0, 60] : [],
    flowLabel: random.integer(0, 0xfffff),
    sequence: random.bits(),
    acknowledgement: random.bits(),
    flags: ACK | random.pick([0, PSH, FIN, FIN | PSH, ECE]),
    window: random.integer(0, 0xffff),
    tcpOptions: random.bytes(4 * random.integer(0, 10)),
  };
}

/** The largest payload that one IP packet of the shape holds in at most 64 segments. */
export function randomPayload(random: Random, segmentSize: number): Uint8Array {
  const most = Math.min(64 * segmentSize, 65535 - 120);
  return random.bytes(random.integer(segmentSize + 1, Math.max(segmentSize + 1, random.chance(4) ? most : 5000)));
}
