import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SEQUENCE_MODULUS } from "../../shared/protocol/bundle/sequence-number.ts";
import { FLAG_CONTINUES, HEADROOM, PacketBatch } from "../../shared/protocol/packet/packet-batch.ts";
import { EarliestArrivalScheduler } from "../../shared/protocol/scheduler/earliest-arrival.ts";
import { megabitsPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import { ip4Packet } from "../support/ip-packets.ts";
import { upLink } from "../support/member-links.ts";
import { makeSendingEnd, PACKET } from "../support/sending-end.ts";

const HEAD = 28;
const STRIDE = 2048;
const ROWS = 64;
const CLASSES = 8;
const ADDRESSES = { source: [10, 0, 0, 2], destination: [9, 9, 9, 9] };

/** A super-packet: all segments are of one size but the last. */
type SuperPacket = {
  readonly port: number;
  readonly count: number;
  readonly size: number;
  readonly last: number;
  /** Segments from here on have a partial checksum. */
  readonly partialFrom: number;
  readonly pause: number;
};

/** Two ends of the same links. */
type Links = {
  readonly rates: readonly number[];
  readonly mtu: number;
  readonly cells: number;
  /** How many fragments of each class have left before. */
  readonly taken: number;
};

const anyLinks = fc.record({
  // Which of two links that are alike is free sooner may hang on the last bit of a sum.
  rates: fc.uniqueArray(fc.constantFrom(3, 50, 700, 4000), { minLength: 1, maxLength: 3 }),
  mtu: fc.constantFrom(1200, 1500),
  cells: fc.constantFrom(20, 100, 400),
  taken: fc.constantFrom(0, SEQUENCE_MODULUS - 5),
});

const anySuperPackets = fc.array(
  fc.record({
    port: fc.constantFrom(1000, 1001),
    count: fc.integer({ min: 1, max: ROWS }),
    size: fc.integer({ min: 60, max: 1400 }),
    last: fc.integer({ min: 60, max: 1400 }),
    partialFrom: fc.constantFrom(0, 1, 7, ROWS),
    pause: fc.constantFrom(0, 0.3, 5, 200),
  }),
  { minLength: 1, maxLength: 30 },
);

describe("Segments of a super-packet", () => {
  it("leave as a run as they leave one by one", () => {
    fc.assert(
      fc.property(anyLinks, anySuperPackets, (options, superPackets) => {
        const asRuns = new End(options);
        const oneByOne = new End(options);
        let now = 1000;
        for (const superPacket of superPackets) {
          asRuns.lay(superPacket);
          oneByOne.lay(superPacket);
          const at = milliseconds(now);

          asRuns.end.outbound.handlePackets(asRuns.batch, 0, superPacket.count, at);
          for (let row = 0; row < superPacket.count; row++)
            oneByOne.end.outbound.handlePackets(oneByOne.batch, row, row + 1, at);

          assert.deepEqual(asRuns.takeState(now), oneByOne.takeState(now));
          now += superPacket.pause;
        }
      }),
    );
  });
});

class End {
  readonly batch = new PacketBatch(ROWS);
  readonly end;
  readonly #links;

  constructor({ rates, mtu, cells, taken }: Links) {
    this.#links = rates.map((rate, ordinal) => upLink({ ordinal, mtu, sendRate: megabitsPerSecond(rate) }));
    this.end = makeSendingEnd(this.#links, { scheduler: new EarliestArrivalScheduler(), cells });
    for (let trafficClass = 0; trafficClass < CLASSES; trafficClass++)
      this.end.outbound.order.take(trafficClass, 0, taken);
  }

  /** Lays a super-packet into the batch, as the TUN device's reader cuts it. */
  lay({ port, count, size, last, partialFrom }: SuperPacket): void {
    const { batch } = this;
    const { bytes } = this.end.arena;
    batch.clear();
    for (let row = 0; row < count; row++) {
      const length = row === count - 1 ? Math.min(size, last) : size;
      const place = PACKET + row * STRIDE + HEADROOM;
      const packet = ip4Packet({ ...ADDRESSES, sourcePort: port, size: length, serial: row });
      bytes.set(packet, place);
      batch.add(place, HEAD, row === 0 ? 0 : FLAG_CONTINUES | (row >= partialFrom ? 1 : 0));
      batch.columns[2 * ROWS + row] = place + HEAD;
      batch.columns[3 * ROWS + row] = length - HEAD;
    }
  }

  /** All that left, and what is remembered of it; then a round ends. */
  takeState(now: number) {
    const { outbound, cells, frames } = this.end;
    outbound.poll(milliseconds(now));
    const left = frames().map(({ link, ...frame }) => ({ ...frame, link: link.name }));
    const links = this.#links.map((link) => {
      const { batch } = link.outlet ?? {};
      const { inFlightBytes, inFlightPackets } = link.sentPackets;
      assert.ok(batch !== undefined);
      const words = Array.from({ length: batch.count }, (_, row) => [
        ...[batch.headerWord0(row), batch.headerWord1(row), batch.keySlot(row), batch.addressOffset(row)],
        ...[batch.copyOffset(row), batch.textLength(row)],
      ]);
      batch.makeCopies(this.end.arena.bytes);
      batch.clear();
      const { pacer } = link;
      // A sum of many is not to the last bit what a sum of few is.
      const times = [pacer.busyUntil(milliseconds(now)), pacer.idleTime].map((time) => Math.round(time * 1e6));
      return { inFlightBytes, inFlightPackets, words, times, sent: { ...link.sent } };
    });
    cells.recycle();
    const { packets, packetBytes } = outbound;
    return { left, links, free: cells.freeCount, queued: outbound.queue.count, packets, packetBytes };
  }
}
