import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cutSuperPacket, joinSegments, type PlainPacket } from "../index.ts";
import {
  ACK,
  buildPacket,
  CWR,
  ECE,
  FIN,
  type PacketShape,
  PLAIN_PACKET,
  PSH,
  RST,
  SYN,
  URG,
} from "./support/packets.ts";
import { Random } from "./support/random.ts";
import { randomPayload, randomShape } from "./support/random-shapes.ts";
import { buildSinglePacket, buildSuperPacket, segmentShapes } from "./support/super-packets.ts";

const UDP: PacketShape = { ...PLAIN_PACKET, protocol: "udp" };
const DATA: PacketShape = { ...PLAIN_PACKET, payload: new Uint8Array(1000) };

describe("Segments of one flow", () => {
  it("become the super-packet that they were cut from", () => {
    const random = new Random();
    for (let round = 0; round < 1500; round++) {
      const segmentSize = random.integer(100, 1460);
      const payload = randomPayload(random, segmentSize).subarray(0, 64 * segmentSize);
      const superPacket = buildSuperPacket({ ...randomShape(random), payload }, segmentSize);
      const kind = superPacket[10] === 2 ? "tap" : "tun";

      const joined = joinSegments(kind, cutSuperPacket(kind, superPacket) ?? []);

      assert.deepEqual(joined, [superPacket], `seed ${random.seed} round ${round}`);
    }
  });

  it("are joined as well when their checksums are full, or some are", () => {
    const random = new Random();
    for (let round = 0; round < 300; round++) {
      const shape = { ...randomShape(random), payload: random.bytes(4500) };
      const packets = segmentShapes(shape, 1000).map((segment) =>
        plain({ ...segment, checksum: random.pick(["full", "partial"]) }),
      );

      const joined = joinSegments(shape.kind, packets);

      assert.deepEqual(joined, [buildSuperPacket(shape, 1000)], `seed ${random.seed} round ${round}`);
    }
  });

  it("are joined although several flows take turns", () => {
    const flows = [
      { ...DATA, payload: new Uint8Array(5000).fill(1) },
      { ...DATA, payload: new Uint8Array(4900).fill(2), sourcePort: 4001 },
      { ...UDP, payload: new Uint8Array(4600).fill(3) },
      { ...DATA, payload: new Uint8Array(4500).fill(4), version: 6 } as const,
      { ...DATA, payload: new Uint8Array(4400).fill(5), sourceHost: 9 },
    ];
    const segments = flows.map((flow) => segmentShapes(flow, 1000));

    const joined = joinSegments("tun", interleave(segments).map(plain));

    const bySize = (left: Uint8Array, right: Uint8Array) => right.length - left.length;
    assert.deepEqual(joined.sort(bySize), flows.map((flow) => buildSuperPacket(flow, 1000)).sort(bySize));
  });

  it("end their run after a short one", () => {
    const shapes = [1000, 600, 600].map((size, index) => sized(size, index === 2 ? 1600 : index * 1000));

    assert.deepEqual(joinedLengths(shapes), [1600, 600]);
  });

  it("do not follow a shorter first one", () => {
    assert.deepEqual(joinedLengths([sized(600, 0), sized(1000, 600), sized(1000, 1600)]), [600, 2000]);
  });

  it("make at most 65535 bytes of TCP and 64 datagrams of UDP", () => {
    const tcp = segmentShapes({ ...DATA, payload: new Uint8Array(70 * 1400) }, 1400);
    const udp = segmentShapes({ ...UDP, payload: new Uint8Array(70 * 100) }, 100);

    assert.deepEqual(joinedLengths(tcp), [46 * 1400, 24 * 1400]);
    assert.deepEqual(joinedLengths(udp), [6400, 600]);
  });

  it("end their run with PSH and FIN, which the super-packet carries", () => {
    for (const flags of [PSH, FIN]) {
      const [first, second, third] = segmentShapes({ ...DATA, payload: new Uint8Array(3000) }, 1000);
      assert.ok(first && second && third);

      const joined = joinSegments("tun", [plain(first), plain({ ...second, flags: ACK | flags }), plain(third)]);

      const start = { ...DATA, payload: new Uint8Array(2000), flags: ACK | flags };
      assert.deepEqual(joined, [buildSuperPacket(start, 1000), buildSinglePacket(third)]);
    }
  });

  const differences: readonly (readonly [string, Partial<PacketShape>])[] = [
    ["a gap in the sequence", { sequence: 2001 }],
    ["another acknowledgement", { acknowledgement: 2001 }],
    ["another window", { window: 501 }],
    ["another traffic class", { trafficClass: 3 }],
    ["another hop limit", { hopLimit: 63 }],
    ["a cleared DF", { doNotFragment: false }],
    ["other TCP options", { tcpOptions: Uint8Array.of(1, 1, 1, 1) }],
    ["IP options", { ipOptions: Uint8Array.of(1, 1, 1, 1) }],
    ["a window echo", { flags: ACK | ECE }],
    ["SYN", { flags: ACK | SYN }],
    ["RST", { flags: ACK | RST }],
    ["URG", { flags: ACK | URG }],
    ["CWR", { flags: ACK | CWR }],
    ["no ACK", { flags: 0 }],
    ["a wrong checksum", { checksum: "wrong" }],
    ["no payload", { payload: new Uint8Array(0) }],
  ];
  for (const [what, difference] of differences) {
    it(`are not joined over ${what}, and keep their order`, () => {
      const next = { ...DATA, sequence: 2000, ...difference };

      assert.deepEqual(joinSegments("tun", [DATA, next].map(plain)), [DATA, next].map(buildSinglePacket));
      assert.deepEqual(joinSegments("tun", [next, DATA].map(plain)), [next, DATA].map(buildSinglePacket));
    });
  }

  it("need consecutive identifications where they may be fragmented (RFC 6864 §4)", () => {
    const fragile = { ...DATA, doNotFragment: false };

    assert.deepEqual(joinedLengths([fragile, { ...fragile, sequence: 2000 }]), [1000, 1000]);
    assert.deepEqual(joinedLengths([fragile, { ...fragile, sequence: 2000, identification: 0x1235 }]), [2000]);
    assert.deepEqual(joinedLengths([DATA, { ...DATA, sequence: 2000, identification: 7 }]), [2000]);
  });

  it("are not joined without a UDP checksum (RFC 768)", () => {
    const none = { ...UDP, payload: new Uint8Array(100), checksum: "none" } as const;

    assert.deepEqual(joinSegments("tun", [none, none].map(plain)), [none, none].map(buildSinglePacket));
  });

  it("are not joined with a broken IP header, which must stay broken", () => {
    const packets = [DATA, { ...DATA, sequence: 2000 }].map(plain);
    packets[1]?.bytes.set([0xab], 10);

    const joined = joinSegments("tun", packets);

    assert.deepEqual(
      joined.map((packet) => packet.subarray(10)),
      packets.map((packet) => packet.bytes),
    );
  });

  it("are written before a fragment that came after them", () => {
    const fragment = buildPacket(UDP);
    fragment[6] = 0x20;
    const packets = [plain(DATA), { bytes: fragment, isChecksumPartial: false }, plain({ ...DATA, sequence: 2000 })];

    const joined = joinSegments("tun", packets);

    assert.deepEqual(
      joined.map((packet) => packet.subarray(10)),
      packets.map((packet) => packet.bytes),
    );
  });

  it("are written one by one when the device refuses the super-packet", () => {
    const shapes = segmentShapes({ ...DATA, payload: new Uint8Array(3500) }, 1000).map((shape, index) => ({
      ...shape,
      checksum: index === 1 ? ("full" as const) : ("partial" as const),
    }));

    const written = joinSegments("tun", shapes.map(plain), { refusesSuperPackets: true });

    assert.deepEqual(written, shapes.map(buildSinglePacket));
  });

  it("keep their order within every flow whatever is mixed among them", () => {
    const random = new Random();
    for (let round = 0; round < 200; round++) {
      const flows = Array.from({ length: random.integer(1, 200) }, (_, index) => ({
        ...randomShape(random),
        kind: "tun" as const,
        sourcePort: 1 + index,
        payload: new Uint8Array(random.integer(0, 3000)),
        checksum: random.pick(["full", "partial", "wrong"]),
      }));
      const segments = flows.map((flow) => segmentShapes(flow, 500));
      const packets = interleave(segments).map(plain);

      const written = joinSegments("tun", packets).flatMap((packet) =>
        packet[1] === 0 ? [packet.subarray(10)] : (cutSuperPacket("tun", packet) ?? []).map((part) => part.bytes),
      );

      assert.deepEqual(order(written), order(packets.map((packet) => packet.bytes)), `seed ${random.seed}`);
    }
  });
});

function plain(shape: PacketShape): PlainPacket {
  return { bytes: buildPacket(shape), isChecksumPartial: shape.checksum === "partial" };
}

function sized(size: number, position: number): PacketShape {
  return { ...DATA, payload: new Uint8Array(size), sequence: 1000 + position };
}

function joinedLengths(shapes: readonly PacketShape[]): number[] {
  const headers = 10 + 20 + (shapes[0]?.protocol === "udp" ? 8 : 20);
  return joinSegments("tun", shapes.map(plain)).map((packet) => packet.length - headers);
}

function interleave<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, index) => lists.flatMap((list) => list.slice(index, index + 1))).flat();
}

/** The lengths and payload-independent place of every packet, by flow: source port to the list of them. */
function order(packets: readonly Uint8Array[]): Map<number, string[]> {
  const flows = new Map<number, string[]>();
  for (const packet of packets) {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
    const isVersion4 = (packet[0] ?? 0) >> 4 === 4;
    const extended = packet[6] === 0 ? 56 : 40;
    const transport = isVersion4 ? ((packet[0] ?? 0) & 15) * 4 : extended;
    const isTcp = packet[isVersion4 ? 9 : extended === 56 ? 48 : 6] === 6;
    const entry = `${packet.length} ${isTcp ? view.getUint32(transport + 4) : ""}`;
    const port = view.getUint16(transport);
    flows.set(port, [...(flows.get(port) ?? []), entry]);
  }
  return flows;
}
