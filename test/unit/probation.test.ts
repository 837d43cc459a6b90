import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Probation } from "../../shared/protocol/link/probation.ts";

describe("The probation of a link", () => {
  it("is none before the link was ever silent", () => {
    const probation = new Probation();
    probation.onAnswer();
    probation.onReport();

    assert.equal(probation.limit, Number.POSITIVE_INFINITY);
    assert.equal(probation.takeReturn(), false);
  });

  it("allows two large packets while the link is silent", () => {
    const probation = silent();

    assert.equal(probation.limit, 2000);
  });

  it("begins with 6000 bytes, and doubles with every report", () => {
    const probation = silent();

    probation.onAnswer();
    const limits = [0, 1, 2].map(() => {
      const { limit } = probation;
      probation.onReport();
      return limit;
    });

    assert.deepEqual(limits, [6000, 12_000, 24_000]);
  });

  it("begins anew when the link goes silent again", () => {
    const probation = silent();
    probation.onAnswer();
    for (let report = 0; report < 10; report++) probation.onReport();

    probation.onSilence();
    probation.onAnswer();

    assert.equal(probation.limit, 6000);
  });

  it("tells once that the link is back, from silence or from being given up", () => {
    const [fromSilence, givenUp] = [silent(), new Probation()];
    fromSilence.onAnswer();
    givenUp.onAbandoned();

    const told = [fromSilence, givenUp].map((probation) => [probation.takeReturn(), probation.takeReturn()]);

    assert.deepEqual(told, [
      [true, false],
      [true, false],
    ]);
  });
});

function silent(): Probation {
  const probation = new Probation();
  probation.onSilence();
  return probation;
}
