import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RoundTripTime } from "../../shared/protocol/link/round-trip-time.ts";
import { milliseconds } from "../../shared/protocol/units.ts";

const anySamples = fc.array(
  fc.record({
    rtt: fc.double({ min: 0, max: 5000, noNaN: true }),
    gap: fc.oneof(fc.double({ min: 0, max: 3000, noNaN: true }), fc.double({ min: 0, max: 60_000, noNaN: true })),
  }),
  { minLength: 1, maxLength: 100 },
);

describe("The round-trip time of a link, whatever its samples,", () => {
  it("stays between the smallest and the largest sample", () => {
    fc.assert(
      fc.property(anySamples, (samples) => {
        const roundTrip = new RoundTripTime();
        for (const { rtt } of samples) roundTrip.sample(milliseconds(rtt), milliseconds(0));

        const all = samples.map(({ rtt }) => rtt);
        const smoothed = roundTrip.smoothed ?? Number.NaN;
        assert.ok(smoothed >= Math.min(...all) - 1e-9 && smoothed <= Math.max(...all) + 1e-9);
        assert.equal(roundTrip.minimum, Math.min(...all));
      }),
    );
  });

  it("has a minimum of at least the last nine and at most the last ten seconds", () => {
    fc.assert(
      fc.property(anySamples, (samples) => {
        const roundTrip = new RoundTripTime();
        const seen: { at: number; rtt: number }[] = [];
        let now = 0;
        for (const { rtt, gap } of samples) {
          now += gap;
          roundTrip.sample(milliseconds(rtt), milliseconds(now));
          seen.push({ at: now, rtt });

          const minimumSince = (start: number): number =>
            Math.min(...seen.filter(({ at }) => at >= start).map((sample) => sample.rtt));
          const minimum = roundTrip.minimum ?? Number.NaN;
          assert.ok(minimum <= minimumSince(now - 9000));
          assert.ok(minimum >= minimumSince(now - 10_000));
        }
      }),
    );
  });
});
