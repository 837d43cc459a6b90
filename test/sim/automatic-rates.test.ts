import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { line, unconfigured } from "./traffic/cases/line-sets.ts";
import { runScenario } from "./traffic/scenario.ts";
import type { ControlName } from "./traffic/tcp-flow.ts";

const TWO_EQUAL = { name: "20 and 20 Mbit/s", lines: [line(20, 20, 10), line(20, 20, 10)] };
const FAR_APART = { name: "50 and 20 Mbit/s", lines: [line(50, 10, 8), line(20, 5, 30)] };
const ONE_FAST = {
  name: "100, 40 and 10 Mbit/s",
  lines: [line(100, 40, 5), line(40, 10, 15), line(10, 2, 40)],
};

describe("A bundle without configured rates", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  // Bursts of a flow that fills no line must wait in the bundle's queue, not in one line's.
  for (const direction of ["down", "up"] as const) {
    it(`finds rates of 20 and 20 Mbit/s, ${direction}, under one flow of CUBIC that grows slowly`, () => {
      assert.ok(shareOf(TWO_EQUAL, "cubic", direction) >= 0.95);
    });
  }

  // CUBIC needs seconds to get over a packet that is lost while rates are still being found.
  it("finds rates of 50 and 20 Mbit/s, 22 ms apart, under one flow of CUBIC", () => {
    assert.ok(shareOf(FAR_APART, "cubic", "down") >= 0.88);
  });

  // BBR keeps the nearest line full without a queue, so that nothing shows that there is more.
  it("uses all of 100, 40 and 10 Mbit/s under one flow of BBR", () => {
    assert.ok(shareOf(ONE_FAST, "bbr", "down") >= 0.85);
  });

  function shareOf(set: typeof TWO_EQUAL, control: ControlName, direction: "down" | "up"): number {
    const { lines } = unconfigured(set);
    const flows = [{ kind: "tcp", direction, control } as const, { kind: "ping" } as const];
    const scenario = { lines, flows, seed: 1, warmUp: seconds(5), duration: seconds(6) };
    return runScenario(scenario, crypto).share[direction];
  }
});
