import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import fc from "fast-check";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { type Milliseconds, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { Random } from "../emulator/random.ts";
import type { SimulatedEnd } from "../sim/simulated-end.ts";
import { Simulation } from "../sim/simulation.ts";
import { Stream } from "../sim/stream.ts";
import { randomLines } from "../sim/traffic/random-lines.ts";

// What is done may have something else follow at once, but not for long.
const MOST_ROUNDS = 3;

type Course = { readonly seed: number; readonly cells: number; readonly blocking: number; readonly duration: number };

describe("An end of a bundle", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("does what it asked to be called for, over any lines, with full sockets and pools", () => {
    const course = fc.record({
      seed: fc.nat(100_000),
      cells: fc.constantFrom(16, 4096),
      blocking: fc.constantFrom(0, 0.02),
      duration: fc.constantFrom(300, 1500),
    });

    fc.assert(fc.property(course, checkProgress), { numRuns: 12 });
  });

  function checkProgress({ seed, cells, blocking, duration }: Course): void {
    const { lines } = randomLines(seed, { rate: [0.5, 20], count: [1, 4] });
    const simulation = new Simulation({ lines, seed, crypto, clientCells: cells });
    simulation.connect(seconds(5));
    const dice = new Random(seed);
    const streams = (["up", "down"] as const).map((direction) => new Stream(simulation, { direction }));
    const until = simulation.now + duration;
    for (let now = simulation.now; now < until; now = simulation.now) {
      simulation.run(nextEvent(simulation, milliseconds(now + 0.7)));
      for (const stream of streams) if (dice.happens(0.5)) stream.send(100 + dice.below(1300));
      for (const end of [simulation.client.end, simulation.server.end]) {
        for (const outlet of end.outlets) if (dice.happens(blocking)) outlet.isBlocked = !outlet.isBlocked;
        checkEnd(end, simulation.now);
      }
    }
  }
});

function checkEnd(end: SimulatedEnd, now: Milliseconds): void {
  for (let round = 0; round < MOST_ROUNDS && end.host.nextTimeout() <= now; round++) end.settle(now);
  assert.ok(end.host.nextTimeout() > now, `asks at ${now} to be called at ${end.host.nextTimeout()}`);
}

/** The next time at which something happens, at most `latest`; always later than now, as clocks move on. */
function nextEvent(simulation: Simulation, latest: Milliseconds): Milliseconds {
  const { client, server, ups, downs, now } = simulation;
  const timeouts = [client.end.host, server.end.host, ...ups, ...downs].map((one) => one.nextTimeout());
  return milliseconds(Math.max(now + 1e-6, Math.min(latest, ...timeouts)));
}
