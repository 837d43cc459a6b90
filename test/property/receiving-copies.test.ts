import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { COPY } from "../../shared/protocol/bundle/fragment.ts";
import { SendingOrder } from "../../shared/protocol/bundle/sending-order.ts";
import { REAL_TIME_CLASS } from "../../shared/protocol/bundle/traffic-class.ts";
import { type Milliseconds, milliseconds } from "../../shared/protocol/units.ts";
import { BEGIN, END } from "../../shared/protocol/wire/frame-header.ts";
import { Random } from "../emulator/random.ts";
import { type FragmentStream, randomStream, type StreamFragment, streamPacket } from "../support/fragment-stream.ts";
import { ReceivingEnd } from "../support/receiving-end.ts";

const CLASSES = 4;
const LONGEST_WAIT = milliseconds(300);
const RUNS = 100;

const anySetting = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  packets: fc.integer({ min: 1, max: 150 }),
  links: fc.integer({ min: 1, max: 4 }),
});

const anyTrouble = fc.record({
  loss: fc.constantFrom(0, 0.02, 0.3),
  copies: fc.constantFrom(0.05, 0.5, 1),
  copyDelay: fc.constantFrom(5, 60, 400),
  jitter: fc.constantFrom(0, 3, 50),
  cells: fc.constantFrom(4, 64, 2048),
  room: fc.constantFrom(1, 64),
});

describe("What a peer sends that sends again", () => {
  it("comes once, intact and in order, whatever is lost, sent again, overtaken or forgotten", () => {
    fc.assert(
      fc.property(anySetting, anyTrouble, ({ seed, packets, links }, trouble) => {
        const dice = new Random(seed);
        const end = newEnd(links, trouble);

        for (let life = 0; life < 3; life++) {
          const stream = randomStream(dice, { packets, links, classes: CLASSES, hasRealTimeClass: true });
          const came = arrivals(dice, stream, trouble);
          const isCutShort = dice.happens(0.5);
          play(end, isCutShort ? came.slice(0, dice.below(came.length + 1)) : came);
          if (!isCutShort) pass(end);
          check(end, stream);
          end.order.reset();
          end.finish();
          end.delivered.length = 0;
        }

        assert.equal(end.order.heldCount, 0);
        assert.equal(end.cells.freeCount, end.cells.capacity);
      }),
      { numRuns: RUNS },
    );
  });

  it("comes at once in the class of real-time packets", () => {
    fc.assert(
      fc.property(anySetting, anyTrouble, ({ seed, packets, links }, trouble) => {
        const dice = new Random(seed);
        const stream = randomStream(dice, { packets, links, classes: CLASSES, hasRealTimeClass: true });
        const end = newEnd(links, { ...trouble, cells: 2048 });
        const came = arrivals(dice, stream, trouble);

        play(end, came);

        const firstCame = new Map<number, Milliseconds>();
        for (const { fragment, at } of came) {
          if (fragment.trafficClass !== REAL_TIME_CLASS || firstCame.has(fragment.packet)) continue;
          firstCame.set(fragment.packet, at);
        }
        const delivered = new Map(end.delivered.map(({ packet, at }) => [packet, at]));
        for (const [packet, at] of firstCame) assert.equal(delivered.get(packet), at, `packet ${packet}`);
      }),
      { numRuns: RUNS },
    );
  });

  it("keeps nobody waiting for longer than the limit once a packet is complete", () => {
    fc.assert(
      fc.property(anySetting, anyTrouble, ({ seed, packets, links }, trouble) => {
        const dice = new Random(seed);
        const stream = randomStream(dice, { packets, links, classes: CLASSES, hasRealTimeClass: true });
        const end = newEnd(links, { ...trouble, cells: 2048 });
        const came = arrivals(dice, stream, trouble);

        play(end, came);
        pass(end);

        const completeAt = completions(stream, came);
        for (const { packet, at } of end.delivered) {
          const waited = at - (completeAt.get(packet) ?? Number.NEGATIVE_INFINITY);
          assert.ok(waited <= LONGEST_WAIT + 1e-9, `packet ${packet} waited ${waited} ms`);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

describe("A bundle with a line that loses 1 %", () => {
  for (const { name, delays, copyLoss } of [
    { name: "equal lines", delays: [10, 10], copyLoss: 0 },
    { name: "unequal lines", delays: [10, 60], copyLoss: 0 },
    { name: "three lines", delays: [5, 20, 40], copyLoss: 0 },
    { name: "equal lines that lose copies too", delays: [10, 10], copyLoss: 0.01 },
  ]) {
    it(`gives up nothing whose copy comes 30 ms later, on ${name}`, () => {
      const dice = new Random(77);
      const end = newEnd(delays.length, { cells: 4096, room: 1024 });
      for (const [ordinal, delay] of delays.entries()) {
        const link = end.links[ordinal];
        for (let sample = 0; sample < 50; sample++) {
          link?.roundTripTime.sample(milliseconds(2 * delay), milliseconds(sample));
        }
      }
      const { stream, came } = steadyStream(dice, delays, copyLoss);

      play(end, came);
      pass(end);

      check(end, stream);
      const { lost, repaired } = end.order.counters;
      assert.ok(repaired > 50, `${repaired} repaired`);
      assert.equal(lost, 0);
      assert.equal(end.delivered.length, stream.packets.length);
    });
  }
});

/** A fragment that comes at a time, or a copy of one. */
type Arrival = { readonly at: Milliseconds; readonly ordinal: number; readonly fragment: StreamFragment };

type Trouble = {
  readonly loss: number;
  readonly copies: number;
  readonly copyDelay: number;
  readonly jitter: number;
};

function newEnd(links: number, { cells, room }: { readonly cells: number; readonly room: number }): ReceivingEnd {
  const end = new ReceivingEnd({ links, cells, room, longestWait: LONGEST_WAIT });
  end.order.setClasses(CLASSES);
  return end;
}

/** When what comes, on links of different delays: originals that are not lost, and copies of any, lost or not. */
function arrivals(dice: Random, stream: FragmentStream, trouble: Trouble): Arrival[] {
  const came: Arrival[] = [];
  for (const [ordinal, fragments] of stream.links.entries()) {
    const delay = dice.below(80);
    for (const [place, fragment] of fragments.entries()) {
      const at = place + delay + dice.below(trouble.jitter + 1);
      if (!dice.happens(trouble.loss)) came.push({ at: milliseconds(at), ordinal, fragment });
      if (fragment.packet < 0 || !dice.happens(trouble.copies)) continue;
      const copy = { ...fragment, flags: fragment.flags | COPY };
      const other = dice.below(stream.links.length);
      for (let copies = dice.below(2); copies >= 0; copies--) {
        came.push({ at: milliseconds(at + dice.below(trouble.copyDelay)), ordinal: other, fragment: copy });
      }
    }
  }
  return came.sort((a, b) => a.at - b.at);
}

/** Whole packets in two ordered classes, one each ms on every line, the first of which loses 1 %. */
function steadyStream(dice: Random, delays: readonly number[], copyLoss: number) {
  const order = new SendingOrder();
  const packets: { trafficClass: number; size: number; fragments: number }[] = [];
  const came: Arrival[] = [];
  for (let time = 0; time < 20_000; time++) {
    for (const [ordinal, delay] of delays.entries()) {
      const packet = packets.length;
      const trafficClass = 1 + dice.below(2);
      packets.push({ trafficClass, size: 40, fragments: 1 });
      const sequence = order.take(trafficClass, ordinal);
      const fragment = { packet, trafficClass, sequence, flags: BEGIN | END, bytes: streamPacket(packet, 40) };
      const at = time + delay;
      if (ordinal > 0 || !dice.happens(0.01)) came.push({ at: milliseconds(at), ordinal, fragment });
      else {
        const tries = 1 + (dice.happens(copyLoss) ? 1 : 0);
        const copy = { ...fragment, flags: BEGIN | END | COPY };
        came.push({ at: milliseconds(at + 30 * tries), ordinal: delays.length - 1, fragment: copy });
      }
    }
  }
  const stream: FragmentStream = { links: [], packets };
  return { stream, came: came.sort((a, b) => a.at - b.at) };
}

/** Lets everything come at its time, with every timeout at its time. */
function play(end: ReceivingEnd, came: readonly Arrival[]): void {
  const start = end.now;
  for (const { at, ordinal, fragment } of came) {
    const now = milliseconds(start + at);
    for (let next = end.order.nextTimeout(); next < now; next = end.order.nextTimeout()) {
      assert.ok(next > end.now, "a timeout that stays in the past");
      end.now = next;
      end.finish();
    }
    end.now = now;
    end.receive(ordinal, fragment);
    end.finish();
  }
}

/** Lets all waits end. */
function pass(end: ReceivingEnd): void {
  for (let next = end.order.nextTimeout(); Number.isFinite(next); next = end.order.nextTimeout()) {
    assert.ok(next > end.now, "a timeout that stays in the past");
    end.now = next;
    end.finish();
  }
}

/** Fails unless every packet came at most once, and those of an ordered class in order. */
function check(end: ReceivingEnd, stream: FragmentStream): void {
  const last = new Map<number, number>();
  const seen = new Set<number>();
  for (const { packet } of end.delivered) {
    assert.ok(!seen.has(packet), `packet ${packet} came twice`);
    seen.add(packet);
    const trafficClass = stream.packets[packet]?.trafficClass ?? -1;
    if (trafficClass === REAL_TIME_CLASS) continue;
    assert.ok(packet > (last.get(trafficClass) ?? -1), `packet ${packet} came after ${last.get(trafficClass)}`);
    last.set(trafficClass, packet);
  }
}

/** When the last fragment of each packet came that was needed. */
function completions(stream: FragmentStream, came: readonly Arrival[]): Map<number, Milliseconds> {
  const seen = new Set<number>();
  const missing = stream.packets.map(({ fragments }) => fragments);
  const completeAt = new Map<number, Milliseconds>();
  for (const { at, fragment } of came) {
    const key = fragment.trafficClass * 2 ** 24 + fragment.sequence;
    if (fragment.packet < 0 || seen.has(key)) continue;
    seen.add(key);
    const left = (missing[fragment.packet] ?? 0) - 1;
    missing[fragment.packet] = left;
    if (left === 0) completeAt.set(fragment.packet, at);
  }
  return completeAt;
}
