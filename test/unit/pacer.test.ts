import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Pacer } from "../../shared/protocol/link/pacer.ts";
import { bytesPerSecond, milliseconds, UNLIMITED } from "../../shared/protocol/units.ts";

// 1000 bytes take one millisecond.
const RATE = bytesPerSecond(1_000_000);
const BURST = milliseconds(4);
const START = milliseconds(50);

describe("A pacer", () => {
  it("is free at the start", () => {
    const pacer = new Pacer(RATE, BURST);

    assert.equal(pacer.isFree(START), true);
    assert.ok(pacer.freeAt() <= START);
    assert.equal(pacer.busyUntil(START), START);
    assert.equal(pacer.rate, RATE);
  });

  it("lets one wake-up send what the line carries in a burst, and the datagram that goes beyond", () => {
    const pacer = new Pacer(RATE, BURST);

    const sent = sendWhileFree(pacer, 1000, START);

    assert.equal(sent, 5);
    assert.equal(pacer.busyUntil(START), 55);
  });

  it("says when the next datagram may leave", () => {
    const pacer = new Pacer(RATE, BURST);
    sendWhileFree(pacer, 1000, START);

    assert.equal(pacer.freeAt(), 51);
    assert.equal(pacer.isFree(milliseconds(50.9)), false);
    assert.equal(pacer.isFree(milliseconds(51)), true);
  });

  it("gives an idle line no more credit than a burst", () => {
    const pacer = new Pacer(RATE, BURST);
    sendWhileFree(pacer, 1000, START);

    assert.equal(sendWhileFree(pacer, 1000, milliseconds(1_000_000)), 5);
  });

  it("loses nothing by wake-ups that are late by less than a burst", () => {
    const pacer = new Pacer(RATE, BURST);
    let sent = sendWhileFree(pacer, 1000, milliseconds(0));

    for (let now = 3.5; now <= 3500; now += 3.5) sent += sendWhileFree(pacer, 1000, milliseconds(now));

    assert.equal(sent, 3500 + 5);
  });

  it("is always free without a limit", () => {
    const pacer = new Pacer(UNLIMITED, BURST);

    for (let count = 0; count < 1000; count++) pacer.charge(65_000, START);

    assert.equal(pacer.isFree(START), true);
    assert.equal(pacer.busyUntil(START), START);
  });

  it("counts the time in which the line was given nothing although it was free", () => {
    const pacer = new Pacer(RATE, BURST);

    pacer.charge(1000, START);
    assert.equal(pacer.idleTime, 0);
    pacer.charge(1000, milliseconds(51.5));
    assert.equal(pacer.idleTime, 0.5);
    sendWhileFree(pacer, 1000, milliseconds(54));
    assert.equal(pacer.idleTime, 2);
    pacer.charge(1000, milliseconds(59));
    assert.equal(pacer.idleTime, 2);
  });

  it("does not count the time until which nothing could be sent", () => {
    const pacer = new Pacer(RATE, BURST);
    pacer.charge(1000, START);

    pacer.onBlocked(milliseconds(80));
    pacer.charge(1000, milliseconds(85));

    assert.equal(pacer.idleTime, 5);
  });

  it("without a burst sends one datagram after the other", () => {
    const pacer = new Pacer(RATE, milliseconds(0));

    assert.equal(sendWhileFree(pacer, 1500, START), 1);
    assert.equal(pacer.freeAt(), 51.5);
  });

  it("re-times what is not yet sent when the rate changes", () => {
    const pacer = new Pacer(RATE, BURST);
    sendWhileFree(pacer, 1000, START);

    pacer.setRate(bytesPerSecond(500_000), milliseconds(52));

    assert.equal(pacer.rate, 500_000);
    assert.equal(pacer.busyUntil(START), 52 + 6);
  });

  it("leaves an idle line idle when the rate changes", () => {
    const pacer = new Pacer(RATE, BURST);
    pacer.charge(1000, START);

    pacer.setRate(bytesPerSecond(10), milliseconds(60));

    assert.equal(pacer.isFree(milliseconds(60)), true);
    assert.equal(pacer.busyUntil(milliseconds(60)), 60);
  });

  it("can lose its limit and get one", () => {
    const pacer = new Pacer(RATE, BURST);
    sendWhileFree(pacer, 1000, START);

    pacer.setRate(UNLIMITED, START);
    assert.equal(pacer.busyUntil(START), START);
    pacer.charge(1000, START);

    pacer.setRate(RATE, START);
    pacer.setRate(RATE, START);
    assert.equal(pacer.busyUntil(START), START);
    pacer.charge(1000, START);
    assert.equal(pacer.busyUntil(START), 51);
  });
});

function sendWhileFree(pacer: Pacer, size: number, now: ReturnType<typeof milliseconds>): number {
  let sent = 0;
  while (pacer.isFree(now)) {
    pacer.charge(size, now);
    sent++;
  }
  return sent;
}
