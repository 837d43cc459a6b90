import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Pacer } from "../../shared/protocol/link/pacer.ts";
import { bytesPerSecond, milliseconds } from "../../shared/protocol/units.ts";

const LARGEST = 9000;
const TOLERANCE = 1e-6;

const anyRate = fc.integer({ min: 1000, max: 1_000_000_000 });
const anyBurst = fc.double({ min: 0.5, max: 20, noNaN: true });
const anySizes = fc.array(fc.integer({ min: 20, max: LARGEST }), { minLength: 1, maxLength: 20 });
const anyGaps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 50 });

type Sent = { readonly at: number; readonly size: number };

describe("A pacer with a backlog, whatever the sizes and wake-ups,", () => {
  it("lets at most rate times (interval and burst) and one datagram go in any interval", () => {
    fc.assert(
      fc.property(anyRate, anyBurst, anySizes, anyGaps, fc.integer({ min: 1, max: 10 }), (...setting) => {
        const [rate, burst, sizes, gaps, stretch] = setting;
        const sent = simulate(
          rate,
          burst,
          sizes,
          gaps.map((gap) => gap * burst * stretch),
        );

        for (let first = 0; first < sent.length; first++) {
          let total = 0;
          for (const { at, size } of sent.slice(first)) {
            total += size;
            const interval = at - (sent[first]?.at ?? 0);
            const allowed = (rate * (interval + burst)) / 1000 + LARGEST;
            assert.ok(total <= allowed * (1 + TOLERANCE), `${total} in ${interval} ms, allowed ${allowed}`);
          }
        }
      }),
    );
  });

  it("carries its full rate when wake-ups are at most a burst apart", () => {
    fc.assert(
      fc.property(anyRate, anyBurst, anySizes, anyGaps, (rate, burst, sizes, gaps) => {
        const sent = simulate(
          rate,
          burst,
          sizes,
          gaps.map((gap) => gap * burst),
        );

        const total = sent.reduce((sum, { size }) => sum + size, 0);
        const elapsed = gaps.reduce((sum, gap) => sum + gap * burst, 0);
        assert.ok(total >= (rate * elapsed * (1 - TOLERANCE)) / 1000, `${total} in ${elapsed} ms`);
      }),
    );
  });

  it("does not drift in a week", () => {
    const rate = 12_345;
    const pacer = new Pacer(bytesPerSecond(rate), milliseconds(5));
    let now = milliseconds(0);
    let total = 0;
    while (now < 7 * 86_400_000) {
      pacer.charge(1471, now);
      total += 1471;
      now = milliseconds(Math.max(now, pacer.freeAt()));
    }

    assert.ok(Math.abs(total / (now / 1000) / rate - 1) < 1e-6);
  });
});

/** Sends whenever the pacer is free, and returns the bytes of every wake-up. */
function simulate(rate: number, burst: number, sizes: readonly number[], gaps: readonly number[]): Sent[] {
  const pacer = new Pacer(bytesPerSecond(rate), milliseconds(burst));
  const sent: Sent[] = [];
  let count = 0;
  let now = milliseconds(1000);
  for (const gap of [0, ...gaps]) {
    now = milliseconds(now + gap);
    let size = 0;
    while (pacer.isFree(now)) {
      const datagram = sizes[count++ % sizes.length] ?? LARGEST;
      pacer.charge(datagram, now);
      size += datagram;
    }
    sent.push({ at: now, size });
  }
  return sent;
}
