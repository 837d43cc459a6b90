import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SendStamp } from "../../shared/protocol/link/send-stamps.ts";
import { FATE, SentRing, SentRun } from "../../shared/protocol/link/sent-ring.ts";

// How many leave at once, 0 for a single packet that is not watched, and how many before them are still to be kept.
const anySteps = fc.array(
  fc.record({
    count: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })),
    kept: fc.integer({ min: 0, max: 80 }),
  }),
  { minLength: 1, maxLength: 100 },
);

describe("A ring of what was sent", () => {
  it("knows of each packet that it remembers when it left, how large it is and what was sent before", () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const ring = new SentRing();
        const sent: { readonly sentAt: number; readonly size: number; readonly before: number }[] = [];
        let before = 0;
        for (const [at, { count, kept }] of steps.entries()) {
          const times = { sentAt: at >> 1, deliveredBefore: 0, deliveredAt: 0, flightStart: 0, idleBefore: 0 };
          const stamp = Object.assign(new SendStamp(), { ...times, sentBefore: before });
          const run = new SentRun();
          run.count = count;
          const size = 1 + ((at * 7) % 5);
          run.size = size;
          for (let place = 0; place < Math.max(1, count); place++) {
            sent.push({ sentAt: at >> 1, size, before });
            before += size;
          }
          const keep = Math.max(ring.oldest, ring.next - kept);
          ring.reserve(Math.max(1, count), keep);

          if (count === 0) ring.push(size, FATE.unwatched, stamp);
          else ring.pushRun(run, stamp);

          assert.ok(ring.oldest <= keep);
          for (let position = ring.oldest; position < ring.next; position++) {
            const index = ring.index(position);
            const noted = { sentAt: ring.sentAt(index), size: ring.size[index], before: ring.sentBefore(index) };
            assert.deepEqual(noted, sent[position]);
          }
        }
      }),
    );
  });
});
