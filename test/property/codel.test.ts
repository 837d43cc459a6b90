import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type CodelQueue, newCodel, settleHead } from "../../shared/protocol/queue/codel.ts";
import { type Milliseconds, milliseconds } from "../../shared/protocol/units.ts";
import { CodelModel, type ModelPacket } from "../support/codel-model.ts";

const TARGET = milliseconds(5);
const FULL_PACKET = 1514;

// Arrivals per step come in bursts, and steps are about as long as packets take, so that queues grow and shrink.
const anySteps = fc.array(
  fc.record({
    arrivals: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.nat({ max: 8 }) }),
    size: fc.integer({ min: 40, max: FULL_PACKET }),
    elapsed: fc.oneof(
      { weight: 8, arbitrary: fc.double({ min: 0.1, max: 4, noNaN: true }) },
      { weight: 1, arbitrary: fc.double({ min: 50, max: 3000, noNaN: true }) },
    ),
    departures: fc.nat({ max: 2 }),
  }),
  { minLength: 1, maxLength: 1500, size: "max" },
);

describe("CoDel, whatever comes when,", () => {
  it("drops and sends what the pseudo-code drops and sends (RFC 8289 §5)", () => {
    let dropped = 0;
    fc.assert(
      fc.property(anySteps, (steps) => {
        const model = new CodelModel(TARGET, FULL_PACKET);
        const list = new PacketList();
        const codel = newCodel();
        let now = 1;
        let serial = 0;
        for (const { arrivals, size, elapsed, departures } of steps) {
          now += elapsed;
          for (let arrival = 0; arrival < arrivals; arrival++) {
            const packet = { serial: serial++, size, queuedAt: now };
            model.packets.push(packet);
            list.packets.push(packet);
          }
          for (let departure = 0; departure < departures; departure++) {
            settleHead(codel, list, TARGET, milliseconds(now));
            assert.deepEqual(list.packets.shift(), model.dequeue(now));
          }
        }
        assert.deepEqual(list.dropped, model.dropped);
        dropped += model.dropped.length;
      }),
    );

    assert.ok(dropped > 1000, `the cases made only ${dropped} drops`);
  });

  it("decides the same when it is asked again before the packet is sent", () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const list = new PacketList();
        const codel = newCodel();
        let now = 1;
        for (const { arrivals, size, elapsed } of steps) {
          now += elapsed;
          for (let arrival = 0; arrival < arrivals; arrival++) list.packets.push({ serial: 0, size, queuedAt: now });
          settleHead(codel, list, TARGET, milliseconds(now));
          const before = { ...codel, length: list.packets.length };

          settleHead(codel, list, TARGET, milliseconds(now));

          const after = { ...codel, length: list.packets.length };
          // A drop may have brought the queue below the target, which ends the dropping state with the next packet.
          assert.deepEqual({ ...after, isDropping: false }, { ...before, isDropping: false });
          list.packets.shift();
        }
      }),
    );
  });
});

class PacketList implements CodelQueue {
  readonly packets: ModelPacket[] = [];
  readonly dropped: number[] = [];

  get isEmpty(): boolean {
    return this.packets.length === 0;
  }

  get isShort(): boolean {
    return this.packets.slice(1).reduce((sum, { size }) => sum + size, 0) <= FULL_PACKET;
  }

  sojourn(now: Milliseconds): Milliseconds {
    return milliseconds(now - (this.packets[0]?.queuedAt ?? now));
  }

  mark(): boolean {
    return false;
  }

  drop(): void {
    const packet = this.packets.shift();
    if (packet !== undefined) this.dropped.push(packet.serial);
  }
}
