import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PathMtu } from "../../shared/protocol/link/path-mtu.ts";
import { bytes, milliseconds, NEVER, seconds } from "../../shared/protocol/units.ts";
import { ProbedPath } from "../support/probed-path.ts";

const BASE = bytes(1200);
const ROUND_TRIP = 30;
const MINUTE = 60_000;

describe("The path MTU in use", () => {
  it("is confirmed every ten seconds (RFC 8899 §5.1.1: CONFIRMATION_TIMER)", () => {
    const { pathMtu, path } = settled(1500);

    for (let second = 0; second < 100; second++) {
      pathMtu.onSent(1400);
      path.advance(1000);
    }

    const confirmations = path.probes.filter(({ at }) => at > ROUND_TRIP);
    assert.ok(confirmations.length >= 9 && confirmations.length <= 10);
    assert.ok(confirmations.every(({ size }) => size === 1500));
  });

  it("is not confirmed while only small packets are sent", () => {
    const { pathMtu, path } = settled(1500);
    const before = path.probes.length;

    for (let second = 0; second < 100; second++) {
      pathMtu.onSent(BASE);
      path.advance(1000);
    }

    assert.equal(path.probes.length, before);
    assert.equal(pathMtu.nextTimeout(), NEVER);
  });

  it("falls to the base in a black hole, then searches again (RFC 8899 §4.3)", () => {
    const { pathMtu, path } = settled(1500);
    const seen = new Set<string>();

    path.limit = 1400;
    pathMtu.onSent(1500);
    for (let tick = 0; tick < 4000; tick++) {
      path.advance(10);
      seen.add(`${pathMtu.current} ${pathMtu.isSearching ? "sought" : "found"}`);
    }

    assert.deepEqual([...seen], ["1500 found", "1200 sought", "1400 sought", "1400 found"]);
  });

  it("is confirmed at once on suspicion", () => {
    const { pathMtu, path } = settled(1500);

    pathMtu.onSuspicion(path.now);

    assert.equal(pathMtu.nextTimeout(), path.now);
    assert.equal(pathMtu.pollProbe(path.now), 1500);
    assert.equal(pathMtu.pollProbe(path.now), 0);
    assert.equal(pathMtu.nextTimeout(), path.now + 1000);
  });

  it("needs no confirmation at the base", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: BASE });

    pathMtu.onSuspicion(seconds(1));

    assert.equal(pathMtu.pollProbe(seconds(1)), 0);
    assert.equal(pathMtu.nextTimeout(), NEVER);
  });

  it("is tried above every ten minutes (RFC 8899 §5.1.1: PMTU_RAISE_TIMER)", () => {
    const { pathMtu, path } = settled(1400);
    path.advance(MINUTE);
    const probesBefore = path.probes.length;

    path.limit = 1500;
    for (let second = 0; second < 500; second++) {
      pathMtu.onSent(1400);
      path.advance(1000);
    }
    assert.equal(pathMtu.current, 1400);
    path.advance(2 * MINUTE);

    assert.equal(pathMtu.current, 1500);
    assert.equal(path.probes.slice(probesBefore).find(({ size }) => size > 1400)?.size, 1500);
  });

  it("stays as it is when raising fails, and counts as found all the time", () => {
    const { pathMtu, path } = settled(1402);
    path.advance(MINUTE);
    const probesBefore = path.probes.length;

    for (let tenth = 0; tenth < 21_000; tenth++) {
      path.advance(100);
      assert.equal(pathMtu.isSearching, false);
    }

    assert.ok(path.probes.length > probesBefore + 6);
    assert.ok(pathMtu.current <= 1402 && pathMtu.current > 1398);
  });
});

describe("The path MTU on a device", () => {
  it("does not probe what the device refuses a second time", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });
    assert.equal(pathMtu.pollProbe(milliseconds(0)), 1500);

    assert.equal(pathMtu.onTooBig(1500, milliseconds(0)), false);
    assert.equal(pathMtu.pollProbe(milliseconds(0)), 1492);
    assert.equal(pathMtu.onTooBig(1492, milliseconds(0)), false);

    assert.deepEqual(pollAll(pathMtu, milliseconds(0)).slice(0, 2), [1480, 1472]);
  });

  it("is found below the device's limit", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });
    const path = new ProbedPath(pathMtu, { limit: 1500, roundTrip: ROUND_TRIP });
    path.deviceLimit = 1390;

    path.advance(MINUTE);

    assert.ok(pathMtu.current <= 1390 && pathMtu.current > 1386);
  });

  it("falls at once when the device refuses the current size, and a probe of it too (RFC 8899 §4.6.2)", () => {
    const { pathMtu, path } = settled(1500);

    path.deviceLimit = 1450;
    assert.equal(pathMtu.onTooBig(1500, path.now), false);
    assert.equal(pathMtu.current, 1500);
    path.advance(0);
    assert.equal(pathMtu.current, BASE);
    path.advance(ROUND_TRIP);
    assert.equal(pathMtu.current, 1440);
    path.advance(MINUTE);

    assert.ok(pathMtu.current <= 1450 && pathMtu.current > 1446);
  });

  it("stays when a probe of the current size is answered after a refusal (RFC 8899 §4.6.2)", () => {
    const { pathMtu, path } = settled(1500);

    for (let refusals = 0; refusals < 20; refusals++) {
      assert.equal(pathMtu.onTooBig(1400, path.now), false);
      path.advance(ROUND_TRIP);
      assert.equal(pathMtu.current, 1500);
    }
  });

  it("probes anew after a refusal while an earlier probe is under way", () => {
    const { pathMtu, path } = settled(1500);
    pathMtu.onSuspicion(path.now);
    path.advance(0);
    const before = path.probes.length;

    assert.equal(pathMtu.onTooBig(1500, path.now), false);
    path.advance(0);

    assert.equal(path.probes.length, before + 1);
    assert.equal(pathMtu.current, 1500);
  });

  it("falls when nobody answers the probe after a refusal", () => {
    const { pathMtu, path } = settled(1500);
    path.limit = 1400;

    pathMtu.onTooBig(1500, path.now);
    path.advance(MINUTE);

    assert.ok(pathMtu.current <= 1400 && pathMtu.current > 1396);
  });

  it("never falls below the base by a refusal (RFC 8899 §4.6.2)", () => {
    const { pathMtu, path } = settled(1500);
    path.deviceLimit = 600;

    for (const size of [1200, 1000, 68, 1500]) pathMtu.onTooBig(size, path.now);
    path.advance(MINUTE);

    assert.equal(pathMtu.current, BASE);
  });

  it("follows a maximum that sinks", () => {
    const { pathMtu, path } = settled(1500);

    assert.equal(pathMtu.setMaximum(bytes(1400), path.now), true);

    assert.equal(pathMtu.current, 1400);
    assert.equal(pathMtu.isSearching, false);
    assert.equal(pathMtu.setMaximum(bytes(1400), path.now), false);
  });

  it("searches up to a maximum that rises", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1400) });
    const path = new ProbedPath(pathMtu, { limit: 1500, roundTrip: ROUND_TRIP });
    path.advance(1000);
    assert.equal(pathMtu.current, 1400);

    assert.equal(pathMtu.setMaximum(bytes(1500), path.now), false);
    path.advance(1000);

    assert.equal(pathMtu.current, 1500);
  });

  it("comes back from a maximum below the base", () => {
    const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });
    const path = new ProbedPath(pathMtu, { limit: 1500, roundTrip: ROUND_TRIP });
    pathMtu.setMaximum(bytes(900), path.now);
    assert.equal(pathMtu.current, 900);

    pathMtu.setMaximum(bytes(1300), path.now);
    path.advance(1000);

    assert.equal(pathMtu.current, 1300);
  });

  it("starts over on another path", () => {
    const { pathMtu, path } = settled(1500);

    assert.equal(pathMtu.restart(path.now), true);
    assert.equal(pathMtu.current, BASE);
    assert.equal(pathMtu.restart(path.now), false);
    path.limit = 1492;
    path.advance(1000);

    assert.equal(pathMtu.current, 1492);
  });
});

function settled(limit: number): { pathMtu: PathMtu; path: ProbedPath } {
  const pathMtu = new PathMtu({ base: BASE, maximum: bytes(1500) });
  const path = new ProbedPath(pathMtu, { limit, roundTrip: ROUND_TRIP });
  path.advance(ROUND_TRIP);
  return { pathMtu, path };
}

function pollAll(pathMtu: PathMtu, now: ReturnType<typeof milliseconds>): number[] {
  const sizes: number[] = [];
  for (let size = pathMtu.pollProbe(now); size > 0; size = pathMtu.pollProbe(now)) sizes.push(size);
  return sizes;
}
