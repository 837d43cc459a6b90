import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SendingOrder } from "../../shared/protocol/bundle/sending-order.ts";
import { type Milliseconds, milliseconds } from "../../shared/protocol/units.ts";
import { BEGIN, END } from "../../shared/protocol/wire/frame-header.ts";
import { Random } from "../emulator/random.ts";
import { type FragmentStream, randomStream, type StreamFragment, streamPacket } from "../support/fragment-stream.ts";
import { ReceivingEnd } from "../support/receiving-end.ts";

const CLASSES = 3;
const LIMIT = milliseconds(30);
const RUNS = 300;

const anySetting = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  packets: fc.integer({ min: 1, max: 120 }),
  links: fc.integer({ min: 1, max: 4 }),
});

const anyTrouble = fc.record({
  loss: fc.constantFrom(0, 0.01, 0.1, 0.5),
  duplication: fc.constantFrom(0, 0.2),
  reordering: fc.constantFrom(0, 0.05, 0.5),
  cells: fc.constantFrom(2, 16, 2048),
  room: fc.constantFrom(1, 3, 64),
  assembled: fc.constantFrom(1, 4),
});

describe("Fragments of a bundle, whatever comes of them and in whatever order,", () => {
  it("make packets that are intact, come once and in order, and leave no cell in use", () => {
    fc.assert(
      fc.property(anySetting, anyTrouble, ({ seed, packets, links }, trouble) => {
        const dice = new Random(seed);
        const stream = randomStream(dice, { packets, links, classes: CLASSES });
        const end = new ReceivingEnd({ links, longestWait: LIMIT, ...trouble });

        for (const [ordinal, fragment] of arrivals(dice, stream, trouble)) {
          end.receive(ordinal, fragment);
          disturb(dice, end);
        }
        pass(end);

        end.check(stream);
        assert.equal(end.order.heldCount, 0);
        assert.equal(end.cells.freeCount, end.cells.capacity);
      }),
      { numRuns: RUNS },
    );
  });

  it("make all packets when none is lost and none is given up", () => {
    fc.assert(
      fc.property(anySetting, fc.constantFrom(1, 3, 64), ({ seed, packets, links }, room) => {
        const dice = new Random(seed);
        const stream = randomStream(dice, { packets, links, classes: CLASSES });
        const end = new ReceivingEnd({ links, longestWait: LIMIT, cells: 2048, room });

        for (const [ordinal, fragment] of arrivals(dice, stream, NO_TROUBLE)) {
          end.receive(ordinal, fragment);
          if (dice.happens(0.7)) end.finish();
        }
        end.finish();

        end.check(stream);
        assert.equal(end.delivered.length, packets);
      }),
      { numRuns: RUNS },
    );
  });

  it("are given up before the timer only when they are lost (RFC 1990 §4.1), on links that keep order", () => {
    fc.assert(
      fc.property(anySetting, fc.constantFrom(0.01, 0.1, 0.5), ({ seed, packets, links }, loss) => {
        const dice = new Random(seed);
        const stream = randomStream(dice, { packets, links, classes: CLASSES });
        const end = new ReceivingEnd({ links, longestWait: LIMIT, cells: 2048, room: 64 });
        const came = arrivals(dice, stream, { ...NO_TROUBLE, loss });
        const whole = stream.packets.map(({ fragments }) => fragments);

        for (const [ordinal, fragment] of came) {
          end.receive(ordinal, fragment);
          end.finish();
          if (fragment.packet >= 0) whole[fragment.packet] = (whole[fragment.packet] ?? 0) - 1;
        }
        pass(end);

        end.check(stream);
        assert.equal(end.delivered.length, whole.filter((missing) => missing === 0).length);
      }),
      { numRuns: RUNS },
    );
  });

  it("make a packet wait no longer than the limit once it is complete", () => {
    fc.assert(
      fc.property(anySetting, fc.constantFrom(0.01, 0.2), ({ seed, packets, links }, loss) => {
        const dice = new Random(seed);
        const stream = randomStream(dice, { packets, links, classes: CLASSES });
        const end = new ReceivingEnd({ links, longestWait: LIMIT, cells: 2048, room: 64 });
        const missing = stream.packets.map(({ fragments }) => fragments);
        const completeAt = new Map<number, Milliseconds>();

        for (const [ordinal, fragment] of arrivals(dice, stream, { ...NO_TROUBLE, loss, reordering: 0.2 })) {
          end.receive(ordinal, fragment);
          const left = (missing[fragment.packet] ?? 0) - 1;
          missing[fragment.packet] = left;
          if (left === 0) completeAt.set(fragment.packet, end.now);
          passDeadlines(end, dice.below(20));
        }
        pass(end);

        for (const { packet, at } of end.delivered) {
          const waited = at - (completeAt.get(packet) ?? Number.NEGATIVE_INFINITY);
          assert.ok(waited <= LIMIT + 1e-9, `packet ${packet} waited ${waited} ms`);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("go on across the wrap of the sequence numbers (RFC 1990 §3)", () => {
    fc.assert(
      fc.property(anySetting, fc.integer({ min: 1, max: 60 }), ({ seed, packets, links }, before) => {
        const dice = new Random(seed);
        const order = new SendingOrder();
        const end = new ReceivingEnd({ links, longestWait: LIMIT, cells: 2048, room: 64 });
        startAt(end, order, 2 ** 23 - 1);
        startAt(end, order, 2 ** 24 - before);
        const stream = randomStream(dice, { packets, links, classes: 1, order });

        for (const [ordinal, fragment] of arrivals(dice, stream, NO_TROUBLE)) {
          end.receive(ordinal, fragment);
          end.finish();
        }

        end.check(stream);
        assert.equal(end.delivered.length, packets);
      }),
      { numRuns: 8 },
    );
  });
});

const NO_TROUBLE = { loss: 0, duplication: 0, reordering: 0 };

type Trouble = { readonly loss: number; readonly duplication: number; readonly reordering: number };

/** The order in which fragments come: each link's in turn, links against each other as dice fall, with some trouble. */
function arrivals(dice: Random, stream: FragmentStream, trouble: Trouble): [number, StreamFragment][] {
  const left = stream.links.map((fragments) => [...fragments]);
  const came: [number, StreamFragment][] = [];
  while (left.some(({ length }) => length > 0)) {
    const ordinal = dice.below(left.length);
    const queue = left[ordinal] ?? [];
    const place = dice.happens(trouble.reordering) ? dice.below(queue.length) : 0;
    const [fragment] = queue.splice(place, 1);
    if (fragment === undefined || dice.happens(trouble.loss)) continue;
    came.push([ordinal, fragment]);
    const copies = came[dice.below(came.length)];
    if (copies !== undefined && dice.happens(trouble.duplication)) came.push(copies);
  }
  return came;
}

/** Does what may happen to an end at any time. */
function disturb(dice: Random, end: ReceivingEnd): void {
  if (dice.happens(0.3)) end.finish();
  if (dice.happens(0.1)) end.order.release();
  if (dice.happens(0.2)) end.now = milliseconds(end.now + dice.below(20));
  const link = end.links[dice.below(end.links.length)];
  if (link === undefined || !dice.happens(0.03)) return;
  if (link.isUp) link.handle({ kind: "silence", silentFor: milliseconds(500) }, end.now);
  else link.handle({ kind: "answer" }, end.now);
  if (!link.isUp) end.order.onLinkDown(link);
}

/** Lets all waits end. */
function pass(end: ReceivingEnd): void {
  end.finish();
  for (let next = end.order.nextTimeout(); Number.isFinite(next); next = end.order.nextTimeout()) {
    assert.ok(next > end.now, "a timeout that stays in the past");
    end.now = next;
    end.finish();
  }
}

/** Lets some time pass, with every timeout at its time. */
function passDeadlines(end: ReceivingEnd, duration: number): void {
  const until = milliseconds(end.now + duration);
  end.finish();
  for (let next = end.order.nextTimeout(); next <= until; next = end.order.nextTimeout()) {
    end.now = next;
    end.finish();
  }
  end.now = until;
}

/** Moves both sides on to a sequence number of class 0, as if all before it were lost. */
function startAt(end: ReceivingEnd, order: SendingOrder, target: number): void {
  let sequence = order.take(0, 0);
  while (sequence < target - 1) sequence = order.take(0, 0);
  end.receive(0, { packet: 0, trafficClass: 0, sequence, flags: BEGIN | END, bytes: streamPacket(0, 5) });
  pass(end);
  end.delivered.length = 0;
}
