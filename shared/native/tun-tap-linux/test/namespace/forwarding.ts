import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, describe, it } from "node:test";
import { TunDevice } from "../../index.ts";
import { run } from "../support/commands.ts";
import { readPackets, writePackets } from "../support/device-reader.ts";
import { ACK, buildPacket, FIN, type PacketShape, PLAIN_PACKET, PSH } from "../support/packets.ts";
import { Random } from "../support/random.ts";
import { segmentShapes } from "../support/super-packets.ts";

// The kernel as second opinion: what is written to one device comes out of another, and what comes out of a device
// without offloads was cut and summed by the kernel itself.

const MAC = "02:00:00:00:00:02";
const random = new Random();
const source = TunDevice.open({ name: "source", kind: "tun" });
const frames = TunDevice.open({ name: "frames", kind: "tap" });
const target = TunDevice.open({ name: "target", kind: "tun" });
const plainTarget = TunDevice.open({ name: "plain", kind: "tun", offload: false });
prepareForwarding();

after(() => {
  for (const device of [source, frames, target, plainTarget]) device.close();
});

describe("Packets that the kernel forwards from one device to another", () => {
  for (const from of [source, frames]) {
    for (const to of [target, plainTarget]) {
      for (const version of [4, 6] as const) {
        for (const protocol of ["tcp", "udp"] as const) {
          it(`are the same at the end: ${protocol} over IPv${version}, ${from.name} to ${to.name}`, () => {
            for (const checksum of ["partial", "full"] as const) {
              assertForwarded(from, to, { ...PLAIN_PACKET, kind: from.kind, version, protocol, checksum }, 1000);
            }
          });
        }
      }
    }
  }

  it("may have options and extension headers", () => {
    for (const protocol of ["tcp", "udp"] as const) {
      const shape = { ...PLAIN_PACKET, protocol, checksum: "partial" } as const;
      assertForwarded(source, target, { ...shape, ipOptions: Uint8Array.of(1, 1, 1, 0) }, 1000);
      assertForwarded(source, target, { ...shape, version: 6, extensions: [60] }, 1000);
      assertForwarded(source, plainTarget, { ...shape, version: 6, extensions: [60] }, 1000);
    }
  });

  it("keep FIN, PSH, timestamps and consecutive identifications", () => {
    const shape: PacketShape = {
      ...PLAIN_PACKET,
      doNotFragment: false,
      identification: 0xfff0,
      sequence: 0xffffff00,
      flags: ACK | FIN | PSH,
      tcpOptions: Uint8Array.of(1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2),
      checksum: "partial",
    };

    for (const to of [target, plainTarget]) assertForwarded(source, to, shape, 777);
  });

  it("are not lost when super-packets find no room in a read", () => {
    for (const capacity of [1, 2, 7, 20, 64]) {
      assertForwarded(source, target, { ...PLAIN_PACKET, checksum: "partial" }, 500, capacity);
    }
  });

  it("travelled as super-packets", () => {
    assert.ok(source.statistics().superPacketsWritten > 0);
    assert.ok(frames.statistics().superPacketsWritten > 0);
    assert.ok(target.statistics().superPacketsRead > 0);
    assert.equal(plainTarget.statistics().superPacketsRead, 0);
    assert.equal(source.statistics().superPacketFallbacks, 0);
    assert.equal(source.statistics().writeErrors, 0);
  });

  it("are completed in place when a device without virtio header writes them", () => {
    const segments = segmentShapes({ ...PLAIN_PACKET, payload: random.bytes(3000), checksum: "partial" }, 1000);
    route(target);
    run("ip", "route", "replace", "10.1.0.0/16", "dev", "plain");

    assert.equal(writePackets(plainTarget, segments.map(toPlain)), 0);

    assert.deepEqual(readPackets(target, 3, 64), segments.map(expected));
  });
});

function assertForwarded(from: TunDevice, to: TunDevice, shape: PacketShape, size: number, capacity = 256): void {
  const segments = segmentShapes({ ...shape, payload: random.bytes(20_300) }, size);
  route(to);

  const refused = writePackets(from, segments.map(toPlain));

  assert.equal(refused, 0);
  assert.deepEqual(readPackets(to, segments.length, capacity), segments.map(expected), `seed ${random.seed}`);
}

function toPlain(shape: PacketShape) {
  return { bytes: buildPacket(shape), isChecksumPartial: shape.checksum === "partial" };
}

/** A router takes one from the hop limit, and the targets are layer 3. */
function expected(shape: PacketShape): Uint8Array {
  return buildPacket({ ...shape, kind: "tun", hopLimit: shape.hopLimit - 1, checksum: "full" });
}

function route(to: TunDevice): void {
  run("ip", "route", "replace", "10.2.0.0/16", "dev", to.name);
  run("ip", "-6", "route", "replace", "fd00:2::/32", "dev", to.name);
}

function prepareForwarding(): void {
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
  writeFileSync("/proc/sys/net/ipv6/conf/all/forwarding", "1");
  run("ip", "link", "set", "frames", "address", MAC);
  for (const device of [source, frames, target, plainTarget]) {
    device.setUp();
  }
  run("ip", "route", "add", "10.1.0.0/16", "dev", "source");
  run("ip", "-6", "route", "add", "fd00:1::/32", "dev", "source");
}
