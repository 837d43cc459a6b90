import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LossShare } from "../../shared/protocol/link/loss-share.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";

const NOW = milliseconds(0);

describe("The share of lost packets", () => {
  it("is 0 before anything is known", () => {
    assert.equal(new LossShare().share, 0);
  });

  it("is that of the latest thousand packets or so", () => {
    const loss = new LossShare();
    loss.count(900, 100, NOW);
    const first = loss.share;

    for (let report = 0; report < 50; report++) loss.count(100, 0, NOW);

    assert.equal(first, 0.1);
    assert.ok(loss.share < 0.001, `${loss.share}`);
  });

  it("forgets with time too, so that a little that is new counts more than what is old", () => {
    const loss = new LossShare();
    loss.count(90, 10, NOW);

    loss.count(10, 0, seconds(90));

    // After three times half a minute 5 packets of 100 are left of the old ones.
    assert.ok(loss.share > 0.03 && loss.share < 0.04, `${loss.share}`);
  });

  it("takes back what was lost and arrived after all, and is never below 0", () => {
    const loss = new LossShare();
    loss.count(97, 3, NOW);

    loss.count(3, -3, NOW);
    const { share } = loss;
    loss.count(10, -2, seconds(60));

    assert.deepEqual([share, loss.share], [0, 0]);
  });
});

describe("How often packets are lost", () => {
  it("counts what was lost together once, and fades by 1/e in ten seconds", () => {
    const loss = new LossShare();
    for (let moment = 0; moment < 4; moment++) loss.count(1000, 5, NOW);
    const atOnce = loss.momentsPerSecond(NOW);

    const later = loss.momentsPerSecond(seconds(10));

    assert.ok(Math.abs(atOnce - 0.4) < 1e-9, `${atOnce}`);
    assert.ok(Math.abs(later - 0.4 / Math.E) < 1e-9, `${later}`);
  });
});
