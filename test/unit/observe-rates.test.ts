import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type LinkCounters, linkRates, NO_RATES, RateMeter } from "../../shared/observe/rates.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";

describe("Link rates", () => {
  it("are the bytes between two readings over the time between them, and each link's part of the sum", () => {
    const before = readings({ dsl1: [1000, 0], lte: [5000, 300] });
    const after = readings({ dsl1: [4000, 0], lte: [6000, 300] });

    const rates = linkRates(before, after, seconds(2));

    assert.deepEqual(rates.get("dsl1"), { sendRate: 1500, receiveRate: 0, sendShare: 0.75, receiveShare: 0 });
    assert.deepEqual(rates.get("lte"), { sendRate: 500, receiveRate: 0, sendShare: 0.25, receiveShare: 0 });
  });

  it("count a new link, and one whose counters went back, from zero", () => {
    const rates = linkRates(readings({ old: [9000, 0] }), readings({ old: [500, 0], new: [500, 0] }), seconds(1));

    assert.equal(rates.get("old")?.sendRate, 500);
    assert.equal(rates.get("new")?.sendRate, 500);
  });

  it("leave out a link that is gone", () => {
    const rates = linkRates(readings({ gone: [1, 1], here: [1, 1] }), readings({ here: [1, 1] }), seconds(1));

    assert.deepEqual([...rates.keys()], ["here"]);
  });

  it("are zero when no time has passed", () => {
    const counters = readings({ dsl1: [1000, 1000] });

    assert.deepEqual(linkRates(counters, counters, milliseconds(0)).get("dsl1"), NO_RATES);
  });
});

describe("A rate meter", () => {
  it("knows no rate at its first reading", () => {
    const meter = new RateMeter(seconds(1));

    const rates = meter.measure(readings({ dsl1: [7000, 7000] }), seconds(100));

    assert.deepEqual(rates.get("dsl1"), NO_RATES);
  });

  it("measures over at least its window however often it is asked", () => {
    const meter = new RateMeter(seconds(1));
    for (let time = 0; time < 5000; time += 10) measureAt(meter, time);

    // A burst within the last 10 ms would be 100 times as much if those alone were measured.
    const rates = meter.measure(readings({ dsl1: [5_010_000, 0] }), milliseconds(5000));

    const rate = rates.get("dsl1")?.sendRate ?? 0;
    assert.ok(rate >= 1_000_000 && rate < 1_020_000, `${rate} bytes/s`);
  });

  it("reads nothing while nothing moves, and knows what moved in the last window after a long rest", () => {
    const meter = new RateMeter(seconds(1));
    let reads = 0;
    const read = () => {
      reads++;
      return readings({ dsl1: [2000, 500] });
    };
    for (let time = 0; time <= 60_000; time += 500) meter.note(2500, read, milliseconds(time));

    const rates = meter.measure(readings({ dsl1: [4000, 500] }), milliseconds(60_500));

    assert.equal(reads, 1);
    assert.equal(rates.get("dsl1")?.sendRate, 2000 / 1.5);
  });

  it("reads again when something has moved", () => {
    const meter = new RateMeter(seconds(1));
    meter.note(0, () => readings({ dsl1: [0, 0] }), seconds(1));
    meter.note(3000, () => readings({ dsl1: [3000, 0] }), seconds(2));

    const rates = meter.measure(readings({ dsl1: [3000, 0] }), milliseconds(2500));

    assert.equal(rates.get("dsl1")?.sendRate, 2000);
  });
});

function measureAt(meter: RateMeter, time: number): void {
  meter.measure(readings({ dsl1: [time * 1000, 0] }), milliseconds(time));
}

function readings(links: Readonly<Record<string, readonly [number, number]>>): ReadonlyMap<string, LinkCounters> {
  const traffic = (bytes: number) => ({ packets: 0, bytes });
  return new Map(
    Object.entries(links).map(([name, [sent, received]]) => [
      name,
      { sent: traffic(sent), received: traffic(received) },
    ]),
  );
}
