import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FarTrial } from "../../shared/protocol/scheduler/far-trial.ts";

describe("A trial of a farther link", () => {
  it("is due once the nearer ones have been full for a second or so", () => {
    assert.equal(measurementsUntilDue(new FarTrial()), 6);
  });

  it("is never due while they are not", () => {
    assert.equal(measurementsUntilDue(new FarTrial(), 0.85), undefined);
  });

  it("is due ever more rarely when it was of no use", () => {
    const trial = new FarTrial();

    const first = measurementsUntilDue(trial);
    trial.onLeft();
    const second = measurementsUntilDue(trial);
    trial.onLeft();
    const third = measurementsUntilDue(trial);

    assert.deepEqual([first, second, third], [6, 9, 21]);
  });

  it("is due as soon as at first when the link stayed in use for three seconds", () => {
    const trial = new FarTrial();
    measurementsUntilDue(trial);

    for (let measurement = 0; measurement < 15; measurement++) trial.onUsed();
    trial.onLeft();

    assert.equal(measurementsUntilDue(trial), 6);
  });
});

/** After how many measurements a trial is due; undefined when none is for long. */
function measurementsUntilDue(trial: FarTrial, fullness = 1): number | undefined {
  for (let measurement = 1; measurement < 1000; measurement++) if (trial.isDue(fullness)) return measurement;
  return undefined;
}
