import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RoundTripTime } from "../../shared/protocol/link/round-trip-time.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";

const FLOOR = milliseconds(10);

describe("The round-trip time of a link", () => {
  it("is not known before the first sample, and its timeout one second (RFC 6298 §2.1)", () => {
    const roundTrip = new RoundTripTime();

    assert.equal(roundTrip.smoothed, undefined);
    assert.equal(roundTrip.minimum, undefined);
    assert.equal(roundTrip.variation, 0);
    assert.equal(roundTrip.timeout(FLOOR), 1000);
    assert.equal(roundTrip.timeout(seconds(3)), 3000);
  });

  it("is the first sample, varying by half of it (RFC 6298 §2.2)", () => {
    const roundTrip = new RoundTripTime();

    roundTrip.sample(milliseconds(40), seconds(5));

    assert.equal(roundTrip.smoothed, 40);
    assert.equal(roundTrip.variation, 20);
    assert.equal(roundTrip.minimum, 40);
    assert.equal(roundTrip.timeout(FLOOR), 40 + 4 * 20);
  });

  it("moves by 1/8 and its variation by 1/4 of the old difference (RFC 6298 §2.3)", () => {
    const roundTrip = new RoundTripTime();
    roundTrip.sample(milliseconds(40), seconds(5));

    roundTrip.sample(milliseconds(80), seconds(6));

    assert.equal(roundTrip.variation, 0.75 * 20 + 0.25 * 40);
    assert.equal(roundTrip.smoothed, (7 * 40 + 80) / 8);
  });

  it("has a timeout of at least the floor (RFC 6298 §2.4)", () => {
    const roundTrip = new RoundTripTime();
    for (let count = 0; count < 200; count++) roundTrip.sample(milliseconds(2), seconds(count / 10));

    assert.equal(roundTrip.timeout(milliseconds(200)), 200);
    assert.ok(roundTrip.timeout(milliseconds(0)) < 2.1);
  });

  it("settles on a new value", () => {
    const roundTrip = new RoundTripTime();
    roundTrip.sample(milliseconds(10), seconds(0));

    for (let count = 1; count < 100; count++) roundTrip.sample(milliseconds(90), seconds(count));

    assert.ok(Math.abs((roundTrip.smoothed ?? 0) - 90) < 0.01);
    assert.ok(roundTrip.variation < 0.01);
  });
});

describe("The minimum round-trip time of a link", () => {
  it("is the smallest sample of the last seconds", () => {
    const roundTrip = new RoundTripTime();

    roundTrip.sample(milliseconds(30), milliseconds(100_000));
    roundTrip.sample(milliseconds(20), milliseconds(101_500));
    roundTrip.sample(milliseconds(50), milliseconds(104_000));

    assert.equal(roundTrip.minimum, 20);
  });

  it("forgets a sample after ten seconds", () => {
    const roundTrip = new RoundTripTime();
    roundTrip.sample(milliseconds(20), milliseconds(100_000));
    roundTrip.sample(milliseconds(60), milliseconds(105_000));

    roundTrip.sample(milliseconds(90), milliseconds(109_000));
    assert.equal(roundTrip.minimum, 20);

    roundTrip.sample(milliseconds(90), milliseconds(110_000));
    assert.equal(roundTrip.minimum, 60);
  });

  it("is the only sample after a long silence", () => {
    const roundTrip = new RoundTripTime();
    for (let second = 0; second < 20; second++) roundTrip.sample(milliseconds(5), seconds(second));

    roundTrip.sample(milliseconds(70), seconds(1_000_000));

    assert.equal(roundTrip.minimum, 70);
  });
});
