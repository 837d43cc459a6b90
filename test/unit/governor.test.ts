import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { Governor } from "../../shared/protocol/scheduler/governor.ts";
import type { LineTerms } from "../../shared/protocol/session/line-terms.ts";
import { megabitsPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import { upLink } from "../support/member-links.ts";

const FALLBACK: Partial<LineTerms> = { isFallbackOnly: true };

describe("The governor", () => {
  it("uses all links of which nothing is said", () => {
    const trial = new Trial([line(0), line(1)]);

    trial.pass(1);

    assert.deepEqual(trial.uses, ["used", "used"]);
  });

  it("benches a link whose round trip swings by more than a second, but not for one stall", () => {
    const trial = new Trial([line(0), line(1)]);
    const swing = (roundTrip: number): void => {
      for (let sample = 0; sample < 40; sample++)
        trial.links[1]?.roundTripTime.sample(milliseconds(roundTrip), trial.now);
    };
    swing(50);
    trial.pass(1);

    swing(1500);
    trial.pass(1);
    const once = trial.uses;
    swing(50);
    trial.pass(3);
    swing(1500);
    trial.pass(3);

    assert.deepEqual([once[1], trial.uses[1]], ["used", "benched"]);
    assert.match(trial.reasons[1] ?? "", /swings/);
  });

  it("keeps a link for fallback only while another one answers", () => {
    const trial = new Trial([line(0), line(1, FALLBACK)]);
    trial.pass(1);
    const before = trial.uses;

    trial.links[0]?.handle({ kind: "uplink lost", reason: "test" }, trial.now);
    trial.governor.update(trial.links, 0, trial.now);
    const after = trial.uses;

    assert.deepEqual(
      [before, after],
      [
        ["used", "reserved"],
        ["used", "used"],
      ],
    );
  });

  it("uses a fallback link while the other one is silent", () => {
    const trial = new Trial([line(0), line(1, FALLBACK)]);
    trial.pass(1);

    fallSilent(trial.links[0], trial.now);
    trial.governor.update(trial.links, 0, milliseconds(trial.now + 2000));

    assert.equal(trial.uses[1], "used");
  });

  it("keeps a link back whose quota is used up with `quota_action = fallback`", () => {
    const trial = new Trial([line(0), line(1)]);
    trial.links[1]?.setAllowance("fallback", trial.now);

    trial.pass(1);

    assert.deepEqual(trial.uses, ["used", "reserved"]);
    assert.match(trial.reasons[1] ?? "", /quota/);
  });

  it("spares a link that loses more than is tolerated, and tells how much", () => {
    const trial = new Trial([line(0), line(1, { lossTolerance: 0.02 })]);

    trial.carry(1, 500, 0.05);

    assert.deepEqual(trial.uses, ["used", "reserved"]);
    assert.equal(trial.reasons[1], "it loses 5.0 % of what is sent, and 2.0 % is the limit");
  });

  it("spares a link whose round trip takes longer than is tolerated", () => {
    const trial = new Trial([line(0), line(1, { latencyTolerance: milliseconds(100) })]);

    trial.roundTrips(1, 150);
    trial.pass(1);

    assert.equal(trial.reasons[1], "its round trip takes 150 ms, and 100 ms is the limit");
  });

  it("uses links beyond their tolerance when no other is better, and a fallback one before them", () => {
    const strict = { lossTolerance: 0.02 };
    const alike = new Trial([line(0, strict), line(1, strict)]);
    alike.carry(0, 500, 0.05);
    alike.carry(1, 500, 0.05);
    const withFallback = new Trial([line(0, strict), line(1, FALLBACK)]);
    withFallback.carry(0, 500, 0.05);

    assert.deepEqual(alike.uses, ["used", "used"]);
    assert.deepEqual(withFallback.uses, ["reserved", "used"]);
  });

  it("tries a spared link again after a while with copies, and uses it when it has become better", () => {
    const trial = new Trial([line(0), line(1, { lossTolerance: 0.02 })]);
    trial.carry(1, 500, 0.05);
    trial.pass(8);
    const early = trial.governor.trials.length;
    trial.pass(15);
    const [tried] = trial.governor.trials;

    trial.carry(1, 120, 0);

    assert.equal(early, 0);
    assert.equal(tried, trial.links[1]);
    assert.deepEqual(trial.uses, ["used", "used"]);
    assert.equal(trial.governor.trials.length, 0);
  });

  it("waits twice as long after each trial that failed, up to five minutes", () => {
    const trial = new Trial([line(0), line(1, { lossTolerance: 0.02 })]);
    trial.carry(1, 500, 0.05);
    const waits: number[] = [];
    for (let count = 0; count < 7; count++) {
      const start = trial.now;
      while (trial.governor.trials.length === 0) trial.pass(0.1);
      waits.push(Math.round((trial.now - start) / 1000));
      trial.carry(1, 200, 0.1, 0.2);
    }

    assert.deepEqual(waits, [10, 20, 40, 80, 160, 300, 300]);
    assert.equal(trial.changes, 1);
  });

  it("benches a link that loses a fifth while another carries as much", () => {
    const trial = new Trial([line(0), line(1)]);

    trial.carry(1, 500, 0.2);

    assert.deepEqual(trial.uses, ["used", "benched"]);
  });

  it("does not bench a link for what a moment lost", () => {
    const trial = new Trial([line(0), line(1)]);

    trial.carry(1, 500, 0.2, 0.5);

    assert.deepEqual(trial.uses, ["used", "used"]);
  });

  it("does not bench a link that delivers more than the others do together", () => {
    const trial = new Trial([line(0, {}, 5), line(1, {}, 50)]);

    trial.carry(1, 500, 0.2);

    assert.deepEqual(trial.uses, ["used", "used"]);
  });

  it("never benches the last good link", () => {
    const trial = new Trial([line(0), line(1)]);

    trial.carry(0, 500, 0.2);
    trial.carry(1, 500, 0.2);
    const [first, second] = trial.links;
    first?.handle({ kind: "uplink lost", reason: "test" }, trial.now);
    trial.governor.update(trial.links, 0, trial.now);

    assert.equal(second?.use.kind, "used");
  });
});

/** Links under a governor, in virtual time. */
class Trial {
  readonly governor = new Governor();
  readonly links: readonly MemberLink[];
  now = milliseconds(0);
  changes = 0;
  delivered = 0;

  constructor(links: readonly MemberLink[]) {
    this.links = links;
    this.pass(0.2);
    this.changes = 0;
  }

  get uses(): string[] {
    return this.links.map(({ use }) => use.kind);
  }

  get reasons(): string[] {
    return this.links.map(({ use }) => (use.kind === "used" ? "" : use.reason));
  }

  /** Lets so many seconds pass. */
  pass(seconds: number): void {
    for (const until = this.now + seconds * 1000; this.now < until; ) {
      this.now = milliseconds(this.now + 100);
      const before = this.uses.join();
      this.governor.update(this.links, this.delivered, this.now);
      if (this.uses.join() !== before) this.changes++;
    }
  }

  /** Lets a link carry so many packets and lose a share of them. */
  /** Loss tells something after a second. */
  carry(index: number, packets: number, loss: number, duration = 1.2): void {
    const lost = Math.round(packets * loss);
    this.links[index]?.sendLoss.count(packets - lost, lost, this.now);
    this.pass(duration);
  }

  roundTrips(index: number, time: number): void {
    this.links[index]?.roundTripTime.sample(milliseconds(time), this.now);
  }
}

function line(ordinal: number, terms: Partial<LineTerms> = {}, megabits = 20): MemberLink {
  return upLink({ ordinal, sendRate: megabitsPerSecond(megabits), line: terms });
}

function fallSilent(link: MemberLink | undefined, now: number): void {
  link?.sentPackets.record(0, 100, milliseconds(now), { idleTime: 0 });
  link?.sentPackets.watch(0, 0);
  link?.sentPackets.handleTimeout(milliseconds(now + 2000));
}
