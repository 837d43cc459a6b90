import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { LossRate } from "../../shared/protocol/link/loss-rate.ts";
import { milliseconds } from "../../shared/protocol/units.ts";

const anyPackets = fc.array(
  fc.record({
    number: fc.oneof(fc.integer({ min: 0, max: 500 }), fc.maxSafeNat()),
    gap: fc.integer({ min: 0, max: 5000 }),
    isRestart: fc.boolean(),
  }),
  { maxLength: 200 },
);

describe("The loss rate of a link, whatever arrives,", () => {
  it("is a share or not known", () => {
    fc.assert(
      fc.property(anyPackets, (packets) => {
        const loss = new LossRate();
        let now = milliseconds(0);
        for (const { number, gap, isRestart } of packets) {
          now = milliseconds(now + gap);
          loss.onPacket(number, now);
          if (isRestart) loss.restart();

          const ratio = loss.ratio(now);
          assert.ok(ratio === undefined || (ratio >= 0 && ratio <= 1), `${ratio}`);
        }
      }),
    );
  });

  it("is zero when a shuffle within one interval is all that happens", () => {
    const anyShuffles = fc.array(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), { minLength: 1 });
    fc.assert(
      fc.property(anyShuffles, fc.integer({ min: 1, max: 50 }), (shuffles, gap) => {
        const loss = new LossRate();
        let now = milliseconds(0);
        for (const [block, shuffle] of shuffles.entries()) {
          for (const number of shuffle) {
            now = milliseconds(now + gap);
            loss.onPacket(8 * block + number, now);
            assert.ok((loss.ratio(now) ?? 0) === 0);
          }
        }
      }),
    );
  });

  it("is close to the share that the line drops", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 90 }), fc.integer(), (percent, seed) => {
        const loss = new LossRate();
        let state = seed | 1;
        for (let number = 0; number < 20_000; number++) {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
          if ((state >>> 8) / 2 ** 24 >= percent / 100) loss.onPacket(number, milliseconds(number));
        }

        const ratio = loss.ratio(milliseconds(20_000)) ?? Number.NaN;
        assert.ok(Math.abs(ratio - percent / 100) < 0.05, `${ratio} instead of ${percent} %`);
      }),
    );
  });
});
