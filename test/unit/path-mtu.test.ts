import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PathMtu } from "../../shared/protocol/link/path-mtu.ts";
import { bytes, milliseconds, NEVER, seconds } from "../../shared/protocol/units.ts";
import { ProbedPath } from "../support/probed-path.ts";

const BASE = bytes(1200);
const ROUND_TRIP = 30;
const MINUTE = 60_000;

describe("The path MTU of a link", () => {
  it("starts at the base and searches", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });

    assert.equal(pathMtu.current, BASE);
    assert.equal(pathMtu.isSearching, true);
  });

  it("probes the maximum first and the usual sizes in the same round", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });

    const sizes = pollAll(pathMtu, milliseconds(0));

    assert.deepEqual(sizes, [1500, 1492, 1480, 1472, 1460, 1440, 1420, 1400, 1380, 1350, 1300, 1280, 1200]);
    assert.equal(pathMtu.pollProbe(milliseconds(0)), 0);
  });

  it("probes a maximum that is not among the usual sizes", () => {
    const pathMtu = new PathMtu({ base: bytes(1400), maximum: bytes(1450) });

    assert.deepEqual(pollAll(pathMtu, milliseconds(0)), [1450, 1440, 1420, 1400]);
  });

  it("needs no search when the maximum is the base or below", () => {
    for (const maximum of [1200, 600]) {
      const pathMtu = new PathMtu({ base: BASE, maximum: bytes(maximum) });

      assert.equal(pathMtu.current, maximum);
      assert.equal(pathMtu.isSearching, false);
      assert.equal(pathMtu.nextTimeout(), NEVER);
      assert.equal(pathMtu.pollProbe(seconds(1)), 0);
    }
  });

  for (const limit of [1500, 1492, 1420, 1280]) {
    it(`is ${limit} after one round trip where ${limit} passes`, () => {
      const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });
      const path = new ProbedPath(pathMtu, { limit, roundTrip: ROUND_TRIP });

      path.advance(ROUND_TRIP);

      assert.equal(pathMtu.current, limit);
    });
  }

  it("ends the search at once when the maximum passes", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });
    const path = new ProbedPath(pathMtu, { limit: 1500, roundTrip: ROUND_TRIP });

    path.advance(ROUND_TRIP);

    assert.equal(pathMtu.isSearching, false);
    assert.equal(pathMtu.nextTimeout(), NEVER);
  });

  it("is found to within four bytes", () => {
    for (const limit of [1201, 1250, 1277, 1299, 1369, 1418, 1473, 1499]) {
      const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });
      const path = new ProbedPath(pathMtu, { limit, roundTrip: ROUND_TRIP });

      path.advance(MINUTE);

      assert.equal(pathMtu.isSearching, false);
      assert.ok(pathMtu.current <= limit && pathMtu.current > limit - 4, `${pathMtu.current} for ${limit}`);
    }
  });

  it("is found among jumbo frames", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: bytes(9000) });
    const path = new ProbedPath(pathMtu, { limit: 4470, roundTrip: ROUND_TRIP });

    path.advance(MINUTE);

    assert.ok(pathMtu.current <= 4470 && pathMtu.current > 4466);
  });

  it("takes a size for bad after three probes (RFC 8899 §5.1.2: MAX_PROBES)", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });
    const path = new ProbedPath(pathMtu, { limit: 1498, roundTrip: ROUND_TRIP });

    path.advance(MINUTE);

    assert.equal(path.probes.filter(({ size }) => size === 1500).length, 3);
  });

  it("takes a size for good whose first probes were lost by chance", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });
    const path = new ProbedPath(pathMtu, { limit: 1500, roundTrip: ROUND_TRIP });
    path.isLost = (ordinal) => path.probes[ordinal]?.size === 1500 && ordinal < 14;

    path.advance(MINUTE);

    assert.equal(pathMtu.current, 1500);
  });

  it("waits for an answer as long as the link's timeout, at least 200 ms", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });

    pathMtu.setProbeTimer(milliseconds(20));
    pollAll(pathMtu, seconds(1));
    assert.equal(pathMtu.nextTimeout(), 1200);
    pathMtu.handleTimeout(milliseconds(1199));
    assert.equal(pathMtu.pollProbe(milliseconds(1199)), 0);

    pathMtu.setProbeTimer(milliseconds(700));
    pathMtu.handleTimeout(milliseconds(1200));
    pollAll(pathMtu, milliseconds(1200));
    assert.equal(pathMtu.nextTimeout(), 1900);
  });

  it("asks to be polled at once while a probe waits to be sent", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });

    assert.ok(pathMtu.nextTimeout() <= 0);
  });

  it("takes an answer that came after all", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });
    const path = new ProbedPath(pathMtu, { limit: 1400, roundTrip: ROUND_TRIP });
    path.advance(MINUTE);
    assert.equal(pathMtu.current, 1400);

    assert.equal(pathMtu.onProbeAcknowledged(1492, path.now), true);
    assert.equal(pathMtu.current, 1492);
    path.limit = 1500;
    path.advance(MINUTE);

    assert.equal(pathMtu.current, 1500);
  });

  it("ignores answers above the maximum and below the current size", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });
    pollAll(pathMtu, milliseconds(0));

    assert.equal(pathMtu.onProbeAcknowledged(9000, milliseconds(10)), false);
    assert.equal(pathMtu.onProbeAcknowledged(1420, milliseconds(10)), true);
    assert.equal(pathMtu.onProbeAcknowledged(1400, milliseconds(10)), false);

    assert.equal(pathMtu.current, 1420);
  });
});

describe("The path MTU of a silent path", () => {
  it("stays unknown instead of small", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });
    const path = new ProbedPath(pathMtu, { limit: 0, roundTrip: ROUND_TRIP });
    path.advance(4000);

    assert.equal(pathMtu.isSearching, true);
    path.limit = 1500;
    path.advance(8000);

    assert.equal(pathMtu.current, 1500);
    assert.equal(pathMtu.isSearching, false);
  });

  it("costs no more than three rounds of probes in five seconds", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });
    pathMtu.setProbeTimer(milliseconds(ROUND_TRIP));
    const path = new ProbedPath(pathMtu, { limit: 0, roundTrip: ROUND_TRIP });

    path.advance(56_000);

    assert.ok(path.probes.length <= 11 * 3 * 13, `${path.probes.length}`);
  });
});

function pollAll(pathMtu: PathMtu, now: ReturnType<typeof milliseconds>): number[] {
  const sizes: number[] = [];
  for (let size = pathMtu.pollProbe(now); size > 0; size = pathMtu.pollProbe(now)) sizes.push(size);
  return sizes;
}
