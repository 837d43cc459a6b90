import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LossRate } from "../../shared/protocol/link/loss-rate.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";

describe("The loss rate of a link", () => {
  it("is not known before packets were judged", () => {
    const loss = new LossRate();
    assert.equal(loss.ratio(seconds(1)), undefined);

    loss.onPacket(0, seconds(1));

    assert.equal(loss.ratio(seconds(1.4)), undefined);
  });

  it("is zero when every packet arrives", () => {
    const loss = new LossRate();

    const now = receive(loss, 0, 5000, 0, () => true);

    assert.equal(loss.ratio(now), 0);
  });

  it("is the share of missing packets", () => {
    const loss = new LossRate();

    const now = receive(loss, 0, 5000, 0, (number) => number % 20 !== 0);

    assert.ok(Math.abs((loss.ratio(now) ?? 1) - 0.05) < 0.002);
  });

  it("counts from the first packet that arrives, as the ones before were perhaps not for this receiver", () => {
    const loss = new LossRate();

    const now = receive(loss, 0, 5000, 0, (number) => number >= 1000);

    assert.equal(loss.ratio(now), 0);
  });

  it("does not take late packets for lost ones", () => {
    const loss = new LossRate();

    for (let time = 0; time < 5000; time++) {
      const isLate = time % 2 === 0;
      if (!isLate) loss.onPacket(time, milliseconds(time));
      else if (time >= 100) loss.onPacket(time - 100, milliseconds(time));

      assert.equal(loss.ratio(milliseconds(time)) ?? 0, 0);
    }
  });

  it("takes packets that are late by more than an interval as arrived when they do come", () => {
    const loss = new LossRate();
    let now = receive(loss, 0, 3200, 0, (number) => number < 1900 || number >= 2000);
    assert.ok((loss.ratio(now) ?? 0) > 0.03);

    for (let number = 1900; number < 2000; number++) loss.onPacket(number, now);
    now = receive(loss, 3200, 3201, now, () => true);

    assert.equal(loss.ratio(now), 0);
  });

  it("never leaves 0 to 1, even when packets are counted twice", () => {
    const loss = new LossRate();
    let now = receive(loss, 0, 3000, 0, () => true);

    for (let count = 0; count < 5000; count++) loss.onPacket(count % 3000, now);
    now = receive(loss, 3000, 6000, now, () => true);

    assert.equal(loss.ratio(now), 0);
  });

  it("forgets a loss within some seconds of traffic", () => {
    const loss = new LossRate();
    const lossy = receive(loss, 0, 5000, 0, (number) => number % 2 === 0);
    assert.ok((loss.ratio(lossy) ?? 0) > 0.45);

    const clean = receive(loss, 5000, 25_000, lossy, () => true);

    assert.ok((loss.ratio(clean) ?? 1) < 0.01);
  });

  it("is known on an idle link from its keepalives", () => {
    const loss = new LossRate();
    for (let number = 0; number < 40; number++) if (number % 4 !== 3) loss.onPacket(number, seconds(number));

    const ratio = loss.ratio(seconds(40)) ?? 0;

    assert.ok(ratio > 0.15 && ratio < 0.35, `${ratio}`);
  });

  it("is not known any more after half a minute of silence", () => {
    const loss = new LossRate();
    const now = receive(loss, 0, 2000, 0, () => true);

    assert.equal(loss.ratio(milliseconds(now + 29_000)), 0);
    assert.equal(loss.ratio(milliseconds(now + 31_000)), undefined);
  });

  it("goes on over a change of session", () => {
    const loss = new LossRate();
    let now = receive(loss, 0, 4000, 0, (number) => number % 10 !== 0);

    loss.restart();
    assert.ok(Math.abs((loss.ratio(now) ?? 1) - 0.1) < 0.01);
    now = receive(loss, 0, 4000, now, (number) => number % 10 !== 0);

    assert.ok(Math.abs((loss.ratio(now) ?? 1) - 0.1) < 0.01);
  });
});

/** Receives the packets that arrive, one a millisecond, and returns the time after the last. */
function receive(
  loss: LossRate,
  first: number,
  end: number,
  start: number,
  isArriving: (packetNumber: number) => boolean,
): ReturnType<typeof milliseconds> {
  let now = start;
  for (let number = first; number < end; number++) {
    now++;
    if (isArriving(number)) loss.onPacket(number, milliseconds(now));
  }
  return milliseconds(now);
}
