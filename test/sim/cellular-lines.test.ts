import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { bytes, milliseconds, seconds, UNLIMITED } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { type DeliveryTrace, traceRate } from "../emulator/delivery-trace.ts";
import type { LineOptions } from "../emulator/line-options.ts";
import { line } from "./traffic/cases/line-sets.ts";
import { CELLULAR_SHAPES, type CellularShape, cellularTrace } from "./traffic/cellular-shape.ts";
import { runScenario, type Scenario } from "./traffic/scenario.ts";

const STEADY = line(10, 2, 15);
const LENGTH = seconds(25);
const QUEUE = 100;

// What is reached for sure: less than the promise, which is 0.9.
const LEAST = [
  { shape: "near", direction: "down", control: "cubic", share: 0.8 },
  { shape: "near", direction: "down", control: "bbr", share: 0.85 },
  { shape: "crowded", direction: "down", control: "cubic", share: 0.8 },
  { shape: "near", direction: "up", control: "bbr", share: 0.78 },
  { shape: "driving", direction: "up", control: "cubic", share: 0.68 },
] as const;
const SEEDS = [1, 2];

describe("A cellular line of unknown rate beside a steady one", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  for (const { shape, direction, control, share } of LEAST) {
    it(`carries at least ${share} of what both could have and pings soon, "${shape}" ${direction} with ${control}`, () => {
      for (const seed of SEEDS) {
        const flows = [{ kind: "tcp", direction, control } as const, { kind: "ping" } as const];

        const result = runScenario({ ...scenarioOf(shapeOf(shape), seed), flows }, crypto);

        assert.ok(result.share[direction] >= share, `seed ${seed}: ${result.share[direction]}`);
        const ping = result.pings[0]?.rtts.percentile(0.95) ?? Number.NaN;
        assert.ok(ping < 150, `seed ${seed}: ping p95 ${ping} ms`);
      }
    });
  }

  it("goes on being used one way while the other way stalls", () => {
    const { lines, changes, ...rest } = scenarioOf(shapeOf("near"), 1);
    const stalled = { rate: stalling(seconds(8), seconds(9.5)) };
    const flows = [{ kind: "tcp", direction: "down", control: "bbr" } as const];
    const steady = [{ at: milliseconds(0), line: 1, kind: "options", up: stalled } as const];

    const { tcp } = runScenario({ ...rest, lines, changes: steady, flows, duration: seconds(8) }, crypto);

    // What both lines carry but for the tunnel's headers: 10 and what the cellular one has on average.
    const both = (Number(STEADY.down.rate) + traceRate(traceOf(shapeOf("near"), 1).down)) * 0.92;
    const least = Math.min(...(tcp[0]?.perSecond ?? [0]));
    assert.ok(least >= 0.45 * both, `${least} of ${both} bytes per second`);
  });
});

function scenarioOf(shape: CellularShape, seed: number): Omit<Scenario, "flows"> {
  const { up, down } = traceOf(shape, seed);
  const cellular = { up: atMeanRate(up), down: atMeanRate(down), uploadRate: UNLIMITED, downloadRate: UNLIMITED };
  return {
    lines: [STEADY, cellular],
    changes: [{ at: milliseconds(0), line: 1, kind: "options", up: { rate: up }, down: { rate: down } }],
    seed,
    warmUp: seconds(5),
    duration: seconds(15),
  };
}

function traceOf(shape: CellularShape, seed: number): { readonly up: DeliveryTrace; readonly down: DeliveryTrace } {
  return {
    down: cellularTrace(2 * seed, shape.down, shape, LENGTH),
    up: cellularTrace(2 * seed + 1, shape.up, shape, LENGTH),
  };
}

function atMeanRate(trace: DeliveryTrace): Partial<LineOptions> {
  const rate = traceRate(trace);
  const limit = bytes((rate * QUEUE) / seconds(1));
  return { rate, delay: milliseconds(25), queue: { kind: "bytes", limit }, mtu: bytes(1500) };
}

/** 5 Mbit/s, and nothing between two times. */
function stalling(from: number, until: number): DeliveryTrace {
  const opportunities = Array.from({ length: LENGTH / 2.4 }, (_, index) => milliseconds((index + 1) * 2.4));
  return { opportunities: opportunities.filter((at) => at < from || at >= until), bytesPerOpportunity: bytes(1500) };
}

function shapeOf(name: string): CellularShape {
  const shape = CELLULAR_SHAPES.find((one) => one.name === name);
  assert.ok(shape !== undefined);
  return shape;
}
