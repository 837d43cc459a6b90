import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BundleUnrest } from "../../shared/protocol/scheduler/bundle-unrest.ts";
import { megabitsPerSecond, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { makeRestless, upLink } from "../support/member-links.ts";

const NOW = seconds(10);
const ROUND_TRIP = milliseconds(40);

describe("The unrest of links in use", () => {
  it("is none on steady lines, nor before the first clock reading", () => {
    const unrest = new BundleUnrest();

    for (let link = 0; link < 2; link++) {
      unrest.update([upLink(), upLink({ ordinal: 1 })], ROUND_TRIP, false, milliseconds(Number.NEGATIVE_INFINITY));
      assert.equal(unrest.swing, 1);
    }
    unrest.update([upLink(), upLink({ ordinal: 1 })], ROUND_TRIP, false, NOW);

    assert.deepEqual([unrest.swing, unrest.lateness, unrest.wasLate], [1, 0, false]);
  });

  it("makes all late whose line changes all the time, and is remembered for three seconds without it", () => {
    const [steady, restless] = [upLink(), upLink({ ordinal: 1, sendRate: megabitsPerSecond(10) })];
    makeRestless(restless, NOW);
    const unrest = new BundleUnrest();

    unrest.update([steady, restless], ROUND_TRIP, false, NOW);
    const lateness = unrest.lateness;
    const wasLate = [unrest.wasLate];
    for (const later of [2900, 3100]) {
      unrest.update([steady], ROUND_TRIP, false, milliseconds(NOW + later));
      wasLate.push(unrest.wasLate);
    }

    assert.equal(lateness, 2 * restless.estimator.target.unrest);
    assert.ok(lateness > 0);
    assert.deepEqual(wasLate, [true, true, false]);
    assert.equal(unrest.lateness, 0);
  });

  it("swings by the round trip, too, but not by what was guessed before that was known", () => {
    const link = upLink({ sendRate: megabitsPerSecond(20) });
    const unrest = new BundleUnrest();

    unrest.update([link], milliseconds(500), false, NOW);
    link.roundTripTime.sample(milliseconds(80), NOW);
    unrest.update([link], milliseconds(80), false, milliseconds(NOW + 10));
    const afterGuess = unrest.swing;
    unrest.update([link], milliseconds(40), false, milliseconds(NOW + 20));

    assert.equal(afterGuess, 1);
    assert.ok(Math.abs(unrest.swing - 2) < 0.01, `${unrest.swing}`);
  });

  it("keeps its swing while a link is awaited that went away", () => {
    const [slow, fast] = [20, 60].map((rate, ordinal) => upLink({ ordinal, sendRate: megabitsPerSecond(rate) }));
    assert.ok(slow !== undefined && fast !== undefined);
    const unrest = new BundleUnrest();

    unrest.update([slow, fast], ROUND_TRIP, false, NOW);
    unrest.update([slow], ROUND_TRIP, true, milliseconds(NOW + 100));
    const swing = unrest.swing;
    unrest.update([slow], ROUND_TRIP, true, seconds(40));
    const kept = unrest.swing;
    unrest.update([slow], ROUND_TRIP, false, seconds(41));

    assert.ok(swing > 3.9 && swing <= 4, `${swing}`);
    assert.deepEqual([kept, unrest.swing], [swing, 1]);
  });
});
