import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FadingPeak } from "../../shared/protocol/bundle/fading-peak.ts";
import { RepairWait } from "../../shared/protocol/bundle/repair-wait.ts";
import { SkewWait } from "../../shared/protocol/bundle/skew-wait.ts";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { downLink, upLink } from "../support/member-links.ts";

const LIMIT = milliseconds(300);

describe("A fading peak", () => {
  it("follows what is larger at once, and fades with every second in which something is measured", () => {
    const peak = new FadingPeak(1 / 2);

    const values = [
      [10, 0],
      [40, 900],
      [10, 999],
      [10, 1000],
      [10, 1500],
      [10, 2000],
    ].map(([duration = 0, at = 0]) => {
      peak.sample(milliseconds(duration), milliseconds(at));
      return peak.value;
    });

    assert.deepEqual(values, [10, 40, 40, 20, 20, 10]);
  });

  it("lasts over a pause, and for a second after it", () => {
    const peak = new FadingPeak(1 / 2);
    peak.sample(milliseconds(100), milliseconds(0));

    peak.sample(milliseconds(10), milliseconds(600_000));

    assert.equal(peak.value, 50);
  });
});

describe("The wait for what a silent link may bring", () => {
  it("is what round trips differ by, and a slack, before it is measured", () => {
    assert.equal(new SkewWait([linkOf(20), linkOf(90)], LIMIT).duration, 90 - 20 + 15);
    assert.equal(new SkewWait([linkOf(20), linkOf(21)], LIMIT).duration, 20);
    assert.equal(new SkewWait([linkOf(20), linkOf(2000)], LIMIT).duration, LIMIT);
  });

  it("is 200 ms while a link has no round trip, and does not look at links that are down", () => {
    assert.equal(new SkewWait([linkOf(20), upLink()], LIMIT).duration, 200);
    assert.equal(new SkewWait([linkOf(20), downLink()], LIMIT).duration, 20);
  });

  it("follows what was waited, up at once and down by and by", () => {
    const wait = new SkewWait([linkOf(20), linkOf(40)], LIMIT);

    wait.onFilled(milliseconds(100), milliseconds(0));
    const after = wait.duration;
    for (let second = 1; second <= 30; second++) wait.onFilled(milliseconds(20), milliseconds(1000 * second));

    assert.equal(after, 1.25 * 100 + 15);
    assert.equal(wait.duration, 1.25 * 20 + 15);
  });

  it("does not believe a short first measurement against the round trips", () => {
    const wait = new SkewWait([linkOf(20), linkOf(120)], LIMIT);

    wait.onFilled(milliseconds(5), milliseconds(0));

    assert.ok(wait.duration >= 100 + 15);
  });

  it("is not taught by what it could not have waited for", () => {
    const wait = new SkewWait([linkOf(20), linkOf(40)], LIMIT);

    wait.onFilled(milliseconds(LIMIT + 1), milliseconds(0));

    assert.equal(wait.duration, 35);
  });
});

describe("The wait for a copy", () => {
  it("is the slowest round trip and 50 ms before it is measured", () => {
    assert.equal(new RepairWait([linkOf(20), linkOf(90)], LIMIT).duration, 140);
    assert.equal(new RepairWait([linkOf(20), upLink()], LIMIT).duration, 200);
    assert.equal(new RepairWait([linkOf(20), linkOf(2000)], LIMIT).duration, LIMIT);
  });

  it("follows what copies take", () => {
    const wait = new RepairWait([linkOf(20), linkOf(40)], LIMIT);

    wait.onCopy(milliseconds(120), milliseconds(0));
    const after = wait.duration;
    for (let second = 1; second <= 90; second++) wait.onCopy(milliseconds(30), milliseconds(1000 * second));

    assert.equal(after, 1.25 * 120 + 15);
    assert.equal(wait.duration, 1.25 * 30 + 15);
  });

  it("ends after two dozen losses that no copy repairs", () => {
    const wait = new RepairWait([linkOf(20)], LIMIT);

    let losses = 0;
    for (; wait.isWorthwhile; losses++) wait.onGivenUp(1);

    assert.ok(losses > 15 && losses < 25, `${losses}`);
    assert.equal(wait.duration, 0);
  });

  it("does not end for one bad moment, however much it cost", () => {
    const wait = new RepairWait([linkOf(20)], LIMIT);

    wait.onGivenUp(5000);

    assert.equal(wait.isWorthwhile, true);
  });

  it("begins again with a few copies, also when they come too late", () => {
    const wait = new RepairWait([linkOf(20)], LIMIT);
    for (let losses = 0; losses < 200; losses++) wait.onGivenUp(1);

    for (let copy = 0; copy < 2; copy++) wait.onCopy(milliseconds(60), milliseconds(copy));

    assert.equal(wait.duration, 1.25 * 70 + 15);
  });

  it("stays ended when copies come later than anything may wait", () => {
    const wait = new RepairWait([linkOf(20)], LIMIT);
    for (let losses = 0; losses < 200; losses++) wait.onGivenUp(1);

    for (let copy = 0; copy < 50; copy++) wait.onCopy(milliseconds(LIMIT + 1), milliseconds(copy));

    assert.equal(wait.isWorthwhile, false);
  });

  it("lasts while half of the losses are repaired", () => {
    const wait = new RepairWait([linkOf(20)], LIMIT);

    for (let loss = 0; loss < 1000; loss++) {
      if (loss % 2 === 0) wait.onGivenUp(1);
      else wait.onCopy(milliseconds(30), milliseconds(loss));
    }

    assert.equal(wait.isWorthwhile, true);
  });
});

/** A link that is up, with a round trip that does not vary. */
function linkOf(rtt: number): MemberLink {
  const link = upLink();
  // The variation starts as half of the first sample, and is as good as gone after some dozens.
  for (let sample = 0; sample < 200; sample++) link.roundTripTime.sample(milliseconds(rtt), milliseconds(sample));
  return link;
}
