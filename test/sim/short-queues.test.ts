import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { configured, line } from "./traffic/cases/line-sets.ts";
import { runScenario } from "./traffic/scenario.ts";
import type { ControlName } from "./traffic/tcp-flow.ts";

/** Of two lines whose rates are configured at so many times the truth, the first with a queue of so many milliseconds. */
const CASES: readonly (readonly [queue: number, factor: number, control: ControlName, least: number])[] = [
  [2, 1.5, "cubic", 0.92],
  [2, 2, "cubic", 0.92],
  [5, 2, "cubic", 0.92],
  [5, 2, "bbr", 0.92],
  [10, 1.5, "cubic", 0.92],
  [10, 2, "bbr", 0.92],
];

describe("A bundle of lines with short queues", () => {
  let crypto: HandshakeCrypto;
  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  for (const [limit, factor, control, least] of CASES) {
    it(`carries ${least * 100} % with ${control}, ${limit} ms of queue and rates ${factor} times too high`, () => {
      const queue = { queue: { kind: "time", limit: milliseconds(limit) } } as const;
      for (const lines of [
        [line(20, 20, 10, queue), line(20, 20, 10)],
        [line(50, 10, 8, queue), line(20, 5, 30, queue)],
      ]) {
        const set = configured({ name: "", lines }, factor);
        const flows = [{ kind: "tcp", direction: "down", control }] as const;
        const scenario = { lines: set.lines, flows, seed: 1, warmUp: seconds(5), duration: seconds(5) };
        const { share } = runScenario(scenario, crypto);
        assert.ok(share.down >= least, `${share.down}`);
      }
    });
  }
});
