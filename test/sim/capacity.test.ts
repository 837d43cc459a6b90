import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { megabitsPerSecond, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { FULL_PACKET, lineOf, payloadCapacity } from "./lines.ts";
import type { SimulatedLine } from "./simulated-client.ts";
import { Simulation } from "./simulation.ts";
import { Stream } from "./stream.ts";

const SECONDS = 4;

// More than the lines carry: what waits in the queue shows that farther lines are worth their delay.
const OFFERED = 1.2;

const SETUPS = [
  { name: "20 and 20 Mbit/s", rates: [20, 20], delays: [10, 10] },
  { name: "30 and 10 Mbit/s", rates: [30, 10], delays: [10, 10] },
  { name: "30 and 10 Mbit/s with 5 and 40 ms of delay", rates: [30, 10], delays: [5, 40] },
  { name: "40, 3 and 1 Mbit/s", rates: [40, 3, 1], delays: [10, 20, 30] },
] as const;

describe("A saturating stream", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  for (const { name, rates, delays } of SETUPS) {
    for (const direction of ["up", "down"] as const) {
      it(`gets at least 97 % of what lines of ${name} carry, ${direction}`, () => {
        const lines = rates.map((rate, index) => lineOf(rate, delays[index] ?? 0));

        const { stream, share } = saturate(lines, rates, direction);

        stream.checkOrder();
        assert.ok(share >= 0.97 && share <= 1.01, `${share}`);
      });
    }
  }

  it("uses each line in proportion to its rate", () => {
    const { simulation } = saturate([lineOf(30, 10), lineOf(10, 10)], [30, 10], "up");

    const [first = 0, second = 0] = simulation.client.links.map(({ sent }) => sent.bytes);
    assert.ok(Math.abs(first / (first + second) - 0.75) < 0.01, `${first} and ${second}`);
  });

  function saturate(lines: readonly SimulatedLine[], rates: readonly number[], direction: "up" | "down") {
    const simulation = new Simulation({ lines, seed: 11, crypto });
    simulation.connect();
    simulation.run(seconds(1));
    const stream = new Stream(simulation, { direction });
    const total = rates.reduce((sum, rate) => sum + rate, 0);
    const offer = () => stream.offer(FULL_PACKET, megabitsPerSecond(OFFERED * total));
    simulation.run(seconds(2), milliseconds(1), offer);
    const atStart = stream.deliveredBytes;

    simulation.run(seconds(2 + SECONDS), milliseconds(1), offer);

    const share = (stream.deliveredBytes - atStart) / (payloadCapacity(total, FULL_PACKET) * SECONDS);
    return { simulation, stream, share };
  }
});
