import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BULK, Fragment } from "../../shared/protocol/bundle/fragment.ts";
import { PacketIntake } from "../../shared/protocol/bundle/packet-intake.ts";
import { DropCounters } from "../../shared/protocol/drop-reason.ts";
import {
  FLAG_CHECKSUM_PARTIAL,
  FLAG_CONTINUES,
  HEADROOM,
  PacketBatch,
} from "../../shared/protocol/packet/packet-batch.ts";
import { type Milliseconds, milliseconds } from "../../shared/protocol/units.ts";
import { ip4Packet } from "../support/ip-packets.ts";

const SLOT = 2048;
const NOW = milliseconds(1000);
const CONTINUES = FLAG_CHECKSUM_PARTIAL | FLAG_CONTINUES;

type Row = { readonly port: number; readonly size: number; readonly flags: number };

describe("The intake of a bundle", () => {
  it("takes the segments of a super-packet for the flow and class of the first, whatever their size", () => {
    const taken = intakeOf([
      { port: 80, size: 1400, flags: FLAG_CHECKSUM_PARTIAL },
      { port: 80, size: 1400, flags: CONTINUES },
      { port: 80, size: 100, flags: CONTINUES },
    ]).takeAll();

    const [first] = taken;
    assert.equal(new Set(taken.map(({ flow }) => flow)).size, 1);
    assert.deepEqual(
      taken.map(({ trafficClass, length }) => [trafficClass, length]),
      [1401, 1401, 101].map((length) => [first?.trafficClass, length]),
    );
  });

  it("looks anew at a packet that continues nothing", () => {
    const taken = intakeOf([
      { port: 80, size: 1400, flags: FLAG_CHECKSUM_PARTIAL },
      { port: 443, size: 1400, flags: FLAG_CHECKSUM_PARTIAL },
      { port: 80, size: 100, flags: 0 },
    ]).takeAll();

    assert.notEqual(taken[0]?.flow, taken[1]?.flow);
    assert.notEqual(taken[2]?.trafficClass, taken[0]?.trafficClass, "a small packet is real time");
  });

  it("looks at each segment itself when the first was dropped, and counts all", () => {
    const intake = intakeOf(
      Array.from({ length: 3 }, (_, row) => ({ port: 80, size: 1600, flags: row === 0 ? 0 : CONTINUES })),
    );

    assert.deepEqual(intake.takeAll(), []);
    assert.equal(intake.drops.total, 3);
  });

  it("takes the rest of a run for bulk once its flow has built up a queue", () => {
    const intake = intakeOf([
      { port: 80, size: 1400, flags: FLAG_CHECKSUM_PARTIAL },
      { port: 80, size: 1400, flags: CONTINUES },
    ]);

    const taken = intake.takeAll((fragment, now) => intake.intake.onQueued(fragment, now));

    assert.deepEqual(
      taken.map(({ flags }) => (flags & BULK) !== 0),
      [false, true],
    );
  });
});

type Taken = {
  readonly flow: number;
  readonly trafficClass: number;
  readonly length: number;
  readonly flags: number;
};

/** An intake whose peer takes 1500 bytes in 16 classes, and packets that lie ready for it. */
function intakeOf(rows: readonly Row[]) {
  const bytes = new Uint8Array(SLOT * rows.length);
  const batch = new PacketBatch(rows.length);
  for (const [row, { port, size, flags }] of rows.entries()) {
    const offset = row * SLOT + HEADROOM;
    const addresses = { source: [10, 0, 0, 1], destination: [192, 0, 2, 1] };
    bytes.set(ip4Packet({ ...addresses, destinationPort: port, size, serial: row }), offset);
    batch.add(offset, size, flags);
  }
  const intake = new PacketIntake(bytes, { mrru: 1500, classes: 16 });
  intake.onLinksChanged([]);
  const drops = new DropCounters();
  return { intake, drops, takeAll };

  function takeAll(then: (fragment: Fragment, now: Milliseconds) => void = () => {}): Taken[] {
    const fragment = new Fragment();
    const taken: Taken[] = [];
    for (let row = 0; row < batch.count; row++) {
      if (!intake.take(batch, row, fragment, drops, NOW)) continue;
      const { trafficClass, length, flags } = fragment;
      taken.push({ flow: intake.flow, trafficClass, length, flags });
      then(fragment, NOW);
    }
    return taken;
  }
}
