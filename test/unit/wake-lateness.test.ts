import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WakeLateness } from "../../shared/protocol/link/wake-lateness.ts";
import { type Milliseconds, milliseconds, NEVER } from "../../shared/protocol/units.ts";

describe("How far ahead of the clock lines are filled", () => {
  it("is 2 ms where the process runs when it asked to", () => {
    const lateness = new WakeLateness();

    wakeUp(lateness, { from: 0, seconds: 5, every: 1, late: 0.3 });

    assert.equal(lateness.lead, 2);
  });

  it("grows up to 10 ms where the process runs so late that lines run empty", () => {
    const lateness = new WakeLateness();

    wakeUp(lateness, { from: 0, seconds: 1, every: 50, late: 6 });
    const afterASecond = lateness.lead;
    wakeUp(lateness, { from: 1000, seconds: 5, every: 50, late: 20 });

    assert.ok(afterASecond > 2 && afterASecond < 6, `${afterASecond} ms`);
    assert.equal(lateness.lead, 10);
  });

  it("becomes shorter again when the process runs in time", () => {
    const lateness = new WakeLateness();
    const until = wakeUp(lateness, { from: 0, seconds: 5, every: 50, late: 20 });

    wakeUp(lateness, { from: until, seconds: 12, every: 1, late: 0.3 });

    assert.equal(lateness.lead, 2);
  });

  it("is not changed by a process that nobody waited for", () => {
    const lateness = new WakeLateness();

    for (let now = 0; now < 5000; now += 50) {
      lateness.expect(NEVER);
      lateness.onWake(milliseconds(now));
    }

    assert.equal(lateness.lead, 2);
  });

  it("is not changed by a process that runs sooner, as something came", () => {
    const lateness = new WakeLateness();

    for (let now = 0; now < 5000; now += 5) {
      lateness.expect(milliseconds(now + 100));
      lateness.onWake(milliseconds(now + 5));
    }

    assert.equal(lateness.lead, 2);
  });
});

/** Lets a process that always has something to send run late for some seconds; answers until when. */
function wakeUp(
  lateness: WakeLateness,
  times: { readonly from: number; readonly seconds: number; readonly every: number; readonly late: number },
): Milliseconds {
  const { from, seconds, every, late } = times;
  let now = from;
  while (now < from + seconds * 1000) {
    now += every;
    lateness.expect(milliseconds(now));
    now += late;
    lateness.onWake(milliseconds(now));
  }
  return milliseconds(now);
}
