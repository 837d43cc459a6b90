import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { type Harm, HarmTest } from "../../shared/protocol/scheduler/harm-test.ts";
import { megabitsPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import { upLink } from "../support/member-links.ts";

const STEP = 100;

describe("A test for harm", () => {
  it("finds a suspect link without which more is carried, and says how much", () => {
    const trial = new Trial({ withIt: 20, withoutIt: 40 });

    trial.run(20);

    assert.equal(trial.harms[0]?.link, trial.suspect);
    assert.equal(trial.harms[0]?.reason, "the bundle carried 40 Mbit/s without it and 20 Mbit/s with it");
  });

  it("acquits a link without which as much is carried, and tests again after 30 s, 60 s and so on", () => {
    const trial = new Trial({ withIt: 20, withoutIt: 20 });

    trial.run(400);

    assert.deepEqual(trial.harms, []);
    const waits = trial.tests.slice(1).map((at, index) => Math.round((at - (trial.tests[index] ?? 0)) / 1000));
    assert.deepEqual(waits, [36, 66, 126]);
  });

  it("takes a link in again within 2 s when clearly less is carried without it", () => {
    const trial = new Trial({ withIt: 20, withoutIt: 10 });
    while (trial.test.leftOut === undefined) trial.run(0.1);

    trial.run(1);
    assert.equal(trial.test.leftOut, trial.suspect);
    trial.run(1);

    assert.equal(trial.test.leftOut, undefined);
    assert.deepEqual(trial.harms, []);
  });

  it("does not take a flow that becomes faster by itself for harm", () => {
    const trial = new Trial({ withIt: 10, withoutIt: 10, growth: 0.08 });

    trial.run(18);

    assert.equal(trial.tests.length, 1);
    assert.deepEqual(trial.harms, []);
  });

  it("leaves links alone that are well filled by a flow which began only meanwhile", () => {
    const trial = new Trial({ withIt: 62, withoutIt: 62, from: 5.6 });

    trial.run(7.5);

    assert.deepEqual(trial.tests, []);
  });

  it("leaves links alone that are well filled together", () => {
    const trial = new Trial({ withIt: 62, withoutIt: 80 });

    trial.run(60);

    assert.deepEqual(trial.tests, []);
  });

  it("leaves links alone of which none is suspect", () => {
    const trial = new Trial({ withIt: 20, withoutIt: 40, loss: 0.001 });

    trial.run(60);

    assert.deepEqual(trial.tests, []);
  });

  it("tests nothing while little is carried", () => {
    const trial = new Trial({ withIt: 0.5, withoutIt: 5 });

    trial.run(60);

    assert.deepEqual(trial.tests, []);
  });

  it("gives up when the link goes down meanwhile", () => {
    const trial = new Trial({ withIt: 20, withoutIt: 40 });
    while (trial.test.leftOut === undefined) trial.run(0.1);

    trial.suspect.handle({ kind: "uplink lost", reason: "test" }, trial.now);
    trial.run(5);

    assert.equal(trial.test.leftOut, undefined);
    assert.deepEqual(trial.harms, []);
  });
});

/**
 * What two links carry with one of them and without it, in Mbit/s; `growth` is by how much more each second, `from` the
 * second from which on they carry anything.
 */
type TrialOptions = {
  readonly from?: number;
  readonly withIt: number;
  readonly withoutIt: number;
  readonly growth?: number;
  readonly loss?: number;
};

/** Two links of 50 and 20 Mbit/s, of which the second loses some packets. */
class Trial {
  readonly test = new HarmTest();
  readonly suspect = upLink({ ordinal: 1, sendRate: megabitsPerSecond(20) });
  readonly harms: Harm[] = [];
  /** When a link began to be left out. */
  readonly tests: number[] = [];
  now = milliseconds(0);
  readonly #links: readonly MemberLink[] = [upLink({ sendRate: megabitsPerSecond(50) }), this.suspect];
  readonly #options: TrialOptions;
  #delivered = 0;

  constructor(options: TrialOptions) {
    this.#options = options;
    const lost = (options.loss ?? 0.05) * 1000;
    this.suspect.sendLoss.count(1000 - lost, lost, this.now);
  }

  run(seconds: number): void {
    for (const until = this.now + seconds * 1000; this.now < until - STEP / 2; ) this.#step();
  }

  #step(): void {
    const { withIt, withoutIt, growth = 0, from = 0 } = this.#options;
    const { leftOut } = this.test;
    const rate = (leftOut === undefined ? withIt : withoutIt) * (1 + growth) ** (this.now / 1000);
    const carried = this.now < from * 1000 ? 0 : (megabitsPerSecond(rate) * STEP) / 1000;
    this.now = milliseconds(this.now + STEP);
    this.#delivered += carried;
    for (const link of this.#links) if (link !== leftOut) link.sent.count(carried / 2);
    const harm = this.test.update(this.#links, { now: this.now, delivered: this.#delivered });
    if (harm !== undefined) this.harms.push(harm);
    if (leftOut === undefined && this.test.leftOut !== undefined) this.tests.push(this.now);
  }
}
