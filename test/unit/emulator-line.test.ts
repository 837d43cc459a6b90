import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  bytes,
  bytesPerSecond,
  megabitsPerSecond,
  milliseconds,
  seconds,
  UNLIMITED,
} from "../../shared/protocol/units.ts";
import { parseTrace, traceRate } from "../emulator/delivery-trace.ts";
import { LineEmulator } from "../emulator/line-emulator.ts";
import type { LineOptions } from "../emulator/line-options.ts";
import { expectedLoss, type LossModel } from "../emulator/loss-model.ts";

const FULL_PACKET = bytes(1500);

describe("A line emulator", () => {
  it("carries its rate within 3 % under load, whatever the packets' sizes", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 200, noNaN: true }), fc.integer(), (rate, seed) => {
        const line = new LineEmulator<number>({ rate: megabitsPerSecond(rate) }, seed);
        for (let index = 0; index < 500; index++)
          line.send(index, bytes(40 + ((index * 7919) % 1461)), milliseconds(0));

        const arrivals = deliveries(line, seconds(3600));

        const carried = line.counts().delivered.bytes / (arrivals.at(-1)?.at ?? 0);
        assert.ok(Math.abs(carried / (rate * 125) - 1) < 0.03);
      }),
    );
  });

  it("delays an unhindered packet by its delay and its time on the line, within 1 ms", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fc.double({ min: 1, max: 1000, noNaN: true }), (delay, rate) => {
        const line = new LineEmulator<number>({ delay: milliseconds(delay), rate: megabitsPerSecond(rate) }, 1);
        line.send(0, FULL_PACKET, milliseconds(1000));

        const [arrival] = deliveries(line, seconds(10));

        assert.ok(Math.abs((arrival?.at ?? 0) - (1000 + delay + 12 / rate)) < 1e-6);
      }),
    );
  });

  it("delivers nothing before its time and all of it by then", () => {
    const line = new LineEmulator<string>({ delay: milliseconds(20), rate: bytesPerSecond(150_000) }, 1);
    line.send("first", FULL_PACKET, milliseconds(0));
    line.send("second", FULL_PACKET, milliseconds(0));

    const atTimes = [29.9, 30, 39.9, 40].map((now) => received(line, now));

    assert.deepEqual(atTimes, [[], ["first"], [], ["second"]]);
  });

  it("keeps order with jitter unless it may reorder", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 100 }), (seed, jitter) => {
        const line = new LineEmulator<number>({ jitter: milliseconds(jitter), delay: milliseconds(5) }, seed);
        for (let index = 0; index < 200; index++) line.send(index, FULL_PACKET, milliseconds(index));

        const arrivals = deliveries(line, seconds(10));

        assert.deepEqual(
          arrivals.map(({ item }) => item),
          numbersBelow(200),
        );
      }),
    );
  });

  it("lets packets overtake each other when jitter may reorder", () => {
    const line = new LineEmulator<number>({ jitter: milliseconds(30), mayReorder: true }, 3);
    for (let index = 0; index < 200; index++) line.send(index, FULL_PACKET, milliseconds(index));

    const items = deliveries(line, seconds(10)).map(({ item }) => item);

    assert.notDeepEqual(items, numbersBelow(200));
    assert.deepEqual(
      items.toSorted((a, b) => a - b),
      numbersBelow(200),
    );
  });

  it("holds back the share of packets that reordering asks for", () => {
    const reordering = { probability: 0.1, by: milliseconds(5) };
    const line = new LineEmulator<number>({ reordering, delay: milliseconds(10) }, 5);
    for (let index = 0; index < 10_000; index++) line.send(index, FULL_PACKET, milliseconds(index));

    const late = deliveries(line, seconds(60)).filter(({ item, at }) => at > item + 12);

    assert.ok(Math.abs(late.length / 10_000 - 0.1) < 0.02, `${late.length} of 10000 were late`);
  });

  it("loses the share of packets that its loss model expects", () => {
    const models: LossModel[] = [
      { kind: "none" },
      { kind: "random", probability: 0.02 },
      { kind: "random", probability: 1 },
      { kind: "gilbert-elliott", toBad: 0.01, toGood: 0.2, lossWhenGood: 0.001, lossWhenBad: 0.7 },
    ];
    for (const loss of models) {
      const line = new LineEmulator<number>({ loss }, 11);
      for (let index = 0; index < 200_000; index++) line.send(index, FULL_PACKET, milliseconds(0));

      deliveries(line, seconds(1));

      const ratio = line.counts().dropped.loss.packets / 200_000;
      assert.ok(Math.abs(ratio - expectedLoss(loss)) < 0.005, `${JSON.stringify(loss)} lost ${ratio}`);
    }
  });

  it("loses packets in bursts by Gilbert-Elliott", () => {
    const loss: LossModel = { kind: "gilbert-elliott", toBad: 0.01, toGood: 0.1, lossWhenGood: 0, lossWhenBad: 1 };
    const line = new LineEmulator<number>({ loss }, 7);
    for (let index = 0; index < 100_000; index++) line.send(index, FULL_PACKET, milliseconds(0));

    const items = deliveries(line, seconds(1)).map(({ item }) => item);

    const bursts = items.filter((item, index) => item - (items[index - 1] ?? -1) > 1).length;
    const meanBurst = line.counts().dropped.loss.packets / bursts;
    assert.ok(Math.abs(meanBurst - 10) < 1.5, `mean burst ${meanBurst}`);
  });

  it("never lets its queue grow beyond its limit", () => {
    const limits: LineOptions["queue"][] = [
      { kind: "bytes", limit: bytes(15_000) },
      { kind: "time", limit: milliseconds(40) },
    ];
    for (const queue of limits) {
      const line = new LineEmulator<number>({ queue, rate: bytesPerSecond(375_000) }, 1);
      for (let index = 0; index < 2000; index++) {
        line.send(index, FULL_PACKET, milliseconds(index));
        assert.ok(line.queuedBytes <= 15_000);
      }

      const arrivals = deliveries(line, seconds(10));

      assert.ok(arrivals.every(({ item, at }) => at - item <= 40 + 1e-6));
      assert.equal(line.counts().dropped.queue.packets, 2000 - arrivals.length);
    }
  });

  it("flips bits in and duplicates the share of packets it is asked to", () => {
    const line = new LineEmulator<number>({ corruption: 0.05, duplication: 0.1 }, 17);
    for (let index = 0; index < 50_000; index++) line.send(index, FULL_PACKET, milliseconds(0));

    const arrivals = deliveries(line, seconds(1));

    const flipped = arrivals.filter(({ corruptedBit }) => corruptedBit >= 0).length;
    assert.equal(flipped, line.counts().corrupted.packets);
    assert.ok(Math.abs(flipped / arrivals.length - 0.05) < 0.005);
    assert.ok(Math.abs(arrivals.length / 50_000 - 1.1) < 0.01);
  });

  it("drops packets above its MTU in silence", () => {
    const line = new LineEmulator<string>({ mtu: bytes(1400) }, 1);
    line.send("fits", bytes(1400), milliseconds(0));
    line.send("too big", bytes(1401), milliseconds(0));

    assert.deepEqual(received(line, 0), ["fits"]);
    assert.equal(line.counts().dropped.mtu.packets, 1);
  });

  it("loses everything while it is cut and works again once restored", () => {
    const line = new LineEmulator<string>({ delay: milliseconds(10), rate: bytesPerSecond(150_000) }, 1);
    line.send("under way", FULL_PACKET, milliseconds(0));
    line.send("waiting", FULL_PACKET, milliseconds(0));
    line.cut(milliseconds(15));
    line.send("while cut", FULL_PACKET, milliseconds(20));
    line.restore(milliseconds(30));
    line.send("after", FULL_PACKET, milliseconds(30));

    assert.deepEqual(received(line, 1000), ["after"]);
    assert.equal(line.counts().dropped.cut.packets, 3);
    assert.equal(line.nextTimeout(), Number.POSITIVE_INFINITY);
  });

  it("goes on at a new rate with the packet that is leaving", () => {
    const line = new LineEmulator<string>({ rate: bytesPerSecond(150_000) }, 1);
    line.send("packet", FULL_PACKET, milliseconds(0));
    line.change({ rate: bytesPerSecond(0) }, milliseconds(4));
    line.change({ rate: bytesPerSecond(75_000) }, milliseconds(100));

    assert.deepEqual(received(line, 111.9), []);
    assert.deepEqual(received(line, 112), ["packet"]);
  });

  it("follows a trace of delivery opportunities, which repeats", () => {
    const line = new LineEmulator<number>({ rate: parseTrace("1\n3\n3\n10\n") }, 1);
    for (let index = 0; index < 6; index++) line.send(index, FULL_PACKET, milliseconds(0));

    assert.deepEqual(
      deliveries(line, seconds(1)).map(({ at }) => at),
      [1, 3, 3, 10, 11, 13],
    );
  });

  it("wastes the opportunities of a trace that find no packet", () => {
    const trace = parseTrace("2\n4\n6\n");
    const line = new LineEmulator<number>({ rate: trace }, 1);
    line.send(0, FULL_PACKET, milliseconds(301));

    assert.deepEqual(
      deliveries(line, seconds(1)).map(({ at }) => at),
      [302],
    );
    assert.equal(traceRate(trace), 750_000);
  });

  it("does the same again with the same seed, and something else with another", () => {
    const script = (seed: number): unknown[] => {
      const line = new LineEmulator<number>(FAULTY, seed);
      for (let index = 0; index < 500; index++) line.send(index, FULL_PACKET, milliseconds(index));
      return [deliveries(line, seconds(60)), line.counts()];
    };

    assert.deepEqual(script(42), script(42));
    assert.notDeepEqual(script(42), script(43));
  });

  it("accounts for every packet at every moment", () => {
    const step = fc.record({
      kind: fc.constantFrom("send", "send", "send", "receive", "cut", "restore", "slow", "fast"),
      after: fc.double({ min: 0, max: 20, noNaN: true }),
      size: fc.integer({ min: 20, max: 1600 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer(), (steps, seed) => {
        let discarded = 0;
        const discard = (): void => {
          discarded += 1;
        };
        const line = new LineEmulator<number>(FAULTY, seed, { discard, copy: (item) => item });
        let now = 0;
        for (const { kind, after, size } of steps) {
          now += after;
          act(line, kind, size, now);
          assertConserved(line, discarded);
        }
      }),
    );
  });
});

const FAULTY: Partial<LineOptions> = {
  rate: megabitsPerSecond(5),
  queue: { kind: "time", limit: milliseconds(30) },
  delay: milliseconds(10),
  jitter: milliseconds(10),
  mayReorder: true,
  mtu: FULL_PACKET,
  loss: { kind: "random", probability: 0.1 },
  duplication: 0.1,
  corruption: 0.1,
  reordering: { probability: 0.1, by: milliseconds(7) },
};

type Arrival = { item: number; at: number; corruptedBit: number };

function deliveries(line: LineEmulator<number>, until: number): Arrival[] {
  const arrivals: Arrival[] = [];
  for (let at = line.nextTimeout(); at <= until; at = line.nextTimeout())
    line.receive(at, (item, corruptedBit) => arrivals.push({ item, at, corruptedBit }));
  return arrivals;
}

function received(line: LineEmulator<string>, now: number): string[] {
  const items: string[] = [];
  line.receive(milliseconds(now), (item) => items.push(item));
  return items;
}

function act(line: LineEmulator<number>, kind: string, size: number, at: number): void {
  const now = milliseconds(at);
  if (kind === "send") line.send(0, bytes(size), now);
  if (kind === "receive") line.receive(now, () => undefined);
  if (kind === "cut") line.cut(now);
  if (kind === "restore") line.restore(now);
  if (kind === "slow") line.change({ rate: bytesPerSecond(1000) }, now);
  if (kind === "fast") line.change({ rate: UNLIMITED }, now);
}

function assertConserved(line: LineEmulator<number>, discarded: number): void {
  const { sent, duplicated, delivered, dropped, held } = line.counts();
  const drops = Object.values(dropped);
  const droppedBytes = drops.reduce((sum, drop) => sum + drop.bytes, 0);
  const droppedPackets = drops.reduce((sum, drop) => sum + drop.packets, 0);
  assert.equal(sent.packets + duplicated.packets, delivered.packets + droppedPackets + held.packets);
  assert.equal(sent.bytes + duplicated.bytes, delivered.bytes + droppedBytes + held.bytes);
  assert.equal(discarded, droppedPackets);
}

const numbersBelow = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
