import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Milliseconds, milliseconds } from "../../shared/protocol/units.ts";
import { BEGIN, END, writeFragmentHeader } from "../../shared/protocol/wire/frame-header.ts";
import { writeUint16 } from "../../shared/protocol/wire/lcp.ts";
import { Random } from "../emulator/random.ts";
import { RespondingEnd, START } from "../support/responding-end.ts";

const RUNS = 60;
const FRAMES = 400;

const anySeed = fc.integer({ min: 0, max: 2 ** 31 });

describe("A server, whatever a client sends that holds a key,", () => {
  it("throws nothing, and has all memory back once the client is gone", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const dice = new Random(seed);
        const end = new RespondingEnd();
        let now = START;

        for (let frame = 0; frame < FRAMES && end.isReachable; frame++) {
          end.receive((bytes, at) => writeAnything(dice, bytes, at), now);
          if (dice.happens(0.3)) end.finish(now);
          now = milliseconds(now + dice.below(5));
        }
        now = settleUntil(end, now, 200_000);

        assert.equal(end.tunnel.receiving.heldCount, 0);
        assert.equal(end.host.freeCells, RespondingEnd.CELLS);
        assert.equal(end.keys.size, 0);
        assert.equal(end.tunnel.links.length, 0);
      }),
      { numRuns: RUNS },
    );
  });

  it("holds no more than half of the cells for one class that is never complete", () => {
    const end = new RespondingEnd();
    end.receiveEcho(START);
    let most = 0;

    for (let sequence = 0; sequence < 1000; sequence++) {
      end.receive((bytes, at) => writeFragment(bytes, at, sequence === 0 ? BEGIN : 0, 1, sequence, 10), START);
      end.finish(START);
      most = Math.max(most, end.tunnel.receiving.heldCount);
    }

    assert.equal(most, RespondingEnd.CELLS / 2);
  });

  it("leaves cells for others when every class is never complete", () => {
    const end = new RespondingEnd();
    end.receiveEcho(START);
    end.addSilentLink();

    for (let step = 0; step < 4000; step++) {
      end.receive((bytes, at) => writeFragment(bytes, at, 0, step % 8, 1 + (step >> 3), 100), START);
      end.finish(START);
    }

    assert.ok(end.host.freeCells >= RespondingEnd.CELLS / 2, `${end.host.freeCells} cells are free`);
  });

  it("puts no packet together that is above the MRRU (RFC 1990 §5.1.1)", () => {
    const end = new RespondingEnd();
    end.receiveEcho(START);
    end.addSilentLink();

    for (let sequence = 0; sequence < 80; sequence++) {
      const flags = (sequence % 40 === 0 ? BEGIN : 0) | (sequence % 40 === 39 ? END : 0);
      end.receive((bytes, at) => writeFragment(bytes, at, flags, 1, sequence, 1900), START);
      end.finish(START);
    }

    assert.equal(end.tunnel.receiving.counters.oversized, 2);
    assert.equal(end.tunnel.receiving.heldCount, 0);
  });
});

/** Lets time pass until `duration` later, with every timeout at its time. */
function settleUntil(end: RespondingEnd, start: Milliseconds, duration: number): Milliseconds {
  let now = start;
  for (let rounds = 0; now < start + duration; rounds++) {
    assert.ok(rounds < 20_000, `time stands still at ${now - start} ms`);
    end.finish(now);
    now = milliseconds(Math.min(start + duration, Math.max(now, end.host.nextTimeout())));
  }
  end.finish(now);
  return now;
}

function writeAnything(dice: Random, bytes: Uint8Array, at: number): number {
  switch (dice.below(6)) {
    case 0:
      return writeNoise(dice, bytes, at, dice.below(100));
    case 1:
      return writeLcp(dice, bytes, at);
    case 2:
      // A jump.
      return writeFragment(bytes, at, dice.below(4) << 6, dice.below(16), dice.uint32() >>> 8, dice.below(200));
    case 3:
      return writeFragment(bytes, at, BEGIN, dice.below(8), dice.below(100), dice.below(2500));
    case 4:
      return writeFragment(bytes, at, dice.below(4) << 6, dice.below(2), dice.below(2000), dice.below(2000));
    default:
      return writeFragment(bytes, at, (dice.below(4) << 6) | dice.below(4), dice.below(16), dice.below(10), 30);
  }
}

function writeNoise(dice: Random, bytes: Uint8Array, at: number, length: number): number {
  for (let place = 0; place < length; place++) bytes[at + place] = dice.below(256);
  return length;
}

/** An LCP packet of any code and length, that lies about its length as often as not. */
function writeLcp(dice: Random, bytes: Uint8Array, at: number): number {
  const length = dice.happens(0.5) ? 18 : dice.below(40);
  writeNoise(dice, bytes, at, length);
  writeUint16(bytes, at, 0xc021);
  // Terminate ends the attack too soon to be sent often.
  bytes[at + 2] = dice.happens(0.002) ? 5 : 6 + dice.below(250);
  writeUint16(bytes, at + 4, dice.happens(0.5) ? length - 2 : dice.below(65_536));
  return length;
}

function writeFragment(
  bytes: Uint8Array,
  at: number,
  flags: number,
  trafficClass: number,
  sequence: number,
  length: number,
): number {
  writeFragmentHeader(bytes, at, flags, trafficClass, sequence);
  bytes.fill(0x45, at + 5, at + 5 + length);
  return 5 + length;
}
