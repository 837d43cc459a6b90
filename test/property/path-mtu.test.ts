import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { PathMtu } from "../../shared/protocol/link/path-mtu.ts";
import { bytes, milliseconds } from "../../shared/protocol/units.ts";
import { ProbedPath } from "../support/probed-path.ts";

const BASE = 1200;
const anyRoundTrip = fc.integer({ min: 0, max: 900 });
const anyLimit = fc.integer({ min: BASE, max: 9000 });
const anyMaximum = fc.integer({ min: 600, max: 9000 });
const anyChange = fc.record({
  kind: fc.constantFrom("limit", "maximum", "device", "suspicion", "restart", "silence", "use"),
  size: fc.integer({ min: 1300, max: 9000 }),
  duration: fc.integer({ min: 0, max: 30_000 }),
});

describe("The path MTU, whatever the path,", () => {
  it("is the largest size that passes, to within four bytes", () => {
    fc.assert(
      fc.property(anyLimit, anyMaximum, anyRoundTrip, (limit, maximum, roundTrip) => {
        const pathMtu = new PathMtu({ base: bytes(BASE), maximum: bytes(maximum) });
        pathMtu.setProbeTimer(milliseconds(2 * roundTrip));
        const path = new ProbedPath(pathMtu, { limit, roundTrip });

        path.advance(240_000);

        assertFound(pathMtu, Math.min(limit, maximum));
      }),
    );
  });

  it("is found again after any changes", () => {
    fc.assert(
      fc.property(anyRoundTrip, fc.array(anyChange, { maxLength: 20 }), (roundTrip, changes) => {
        const pathMtu = new PathMtu({ base: bytes(BASE), maximum: bytes(1500) });
        pathMtu.setProbeTimer(milliseconds(2 * roundTrip));
        const path = new ProbedPath(pathMtu, { limit: 1500, roundTrip });
        let maximum = 1500;
        for (const { kind, size, duration } of changes) {
          if (kind === "limit") path.limit = size;
          if (kind === "silence") path.limit = 0;
          if (kind === "device") path.deviceLimit = size;
          if (kind === "suspicion") pathMtu.onSuspicion(path.now);
          if (kind === "use") pathMtu.onSent(pathMtu.current);
          if (kind === "restart") pathMtu.restart(path.now);
          if (kind === "maximum") {
            maximum = size;
            pathMtu.setMaximum(bytes(size), path.now);
          }
          path.advance(duration);
          assert.ok(pathMtu.current <= maximum);
        }

        path.limit = Math.max(path.limit, BASE);
        path.advance(20_000);
        pathMtu.onSuspicion(path.now);
        path.advance(1_500_000);

        assertFound(pathMtu, Math.min(path.limit, maximum, path.deviceLimit));
      }),
    );
  });
});

function assertFound(pathMtu: PathMtu, limit: number): void {
  assert.ok(pathMtu.current <= limit && pathMtu.current > limit - 4, `${pathMtu.current} for ${limit}`);
}
