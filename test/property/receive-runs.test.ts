import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { milliseconds } from "../../shared/protocol/units.ts";
import { RespondingEnd, START } from "../support/responding-end.ts";

const anyStep = fc.record({
  // How far the numbers move on before it: mostly by one, at times over a gap, or back.
  ahead: fc.oneof(
    { weight: 12, arbitrary: fc.constant(1) },
    { weight: 2, arbitrary: fc.integer({ min: 2, max: 5 }) },
    { weight: 2, arbitrary: fc.integer({ min: -4, max: 0 }) },
  ),
  // How far the sequence moves on beside: what is left out is on another link, or comes later.
  jump: fc.oneof(
    { weight: 12, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: -20, max: 20 }) },
  ),
  copy: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});
const anyRounds = fc.array(fc.array(anyStep, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 12 });

describe("Datagrams that come together", () => {
  it("are taken as they are one by one", () => {
    fc.assert(
      fc.property(anyRounds, (rounds) => {
        const together = new RespondingEnd();
        const oneByOne = new RespondingEnd();
        let packetNumber = -1;
        let sequence = -1;
        for (const [round, steps] of rounds.entries()) {
          const now = milliseconds(START + 20 * round);
          const fragments = steps.map(({ ahead, jump, copy }) => {
            packetNumber = Math.max(0, packetNumber + ahead);
            sequence = Math.max(0, sequence + ahead + jump);
            return { packetNumber, sequence, copy };
          });

          together.receiveBatch(fragments, now);
          for (const [row, fragment] of fragments.entries()) oneByOne.receiveBatch([fragment], now, row);

          assert.deepEqual(stateOf(together), stateOf(oneByOne));
          for (const end of [together, oneByOne]) {
            end.hurry();
            end.finish(now);
          }
          assert.deepEqual(together.written, oneByOne.written);
        }
      }),
    );
  });
});

function stateOf({ link, tunnel, delivery }: RespondingEnd) {
  const { window } = link.association ?? {};
  const { reporter, lossRate, received, keepalive } = link;
  const now = milliseconds(START + 60_000);
  return {
    delivered: delivery.count,
    drops: tunnel.drops.snapshot(),
    received: { ...received },
    window: [window?.highest, window?.received],
    held: tunnel.receiving.heldCount,
    counters: { ...tunnel.receiving.counters },
    report: [reporter.nextTimeout(), reporter.quietAt],
    loss: lossRate.ratio(now),
    silent: keepalive.silentFor(now),
  };
}
