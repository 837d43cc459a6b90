import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { line } from "./traffic/cases/line-sets.ts";
import { runScenario } from "./traffic/scenario.ts";
import type { ControlName } from "./traffic/tcp-flow.ts";

// Three times a second a process stands still for 15 ms, in which 2 ms of queue leave a line empty for 13: 4 % of its time.
const BUSY = { usual: milliseconds(0.3), stallsEvery: milliseconds(300), stallsFor: milliseconds(15) };

describe("A tunnel on busy machines", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("gives one flow of CUBIC at least 92 % of two equal lines", () => {
    assert.ok(shareOf([line(20, 20, 10), line(20, 20, 10)], "cubic") >= 0.92);
  });

  it("gives one flow of CUBIC at least 92 % of lines 22 ms apart", () => {
    assert.ok(shareOf([line(50, 10, 8), line(20, 5, 30)], "cubic") >= 0.92);
  });

  it("gives one flow of BBR at least 93.5 % of two equal lines", () => {
    assert.ok(shareOf([line(20, 20, 10), line(20, 20, 10)], "bbr") >= 0.935);
  });

  /** The mean of three runs: when the process stands still differs. */
  function shareOf(lines: ReturnType<typeof line>[], control: ControlName): number {
    const flows = [{ kind: "tcp", direction: "down", control } as const];
    const times = { warmUp: seconds(3), duration: seconds(8) };
    const shares = [1, 2, 3].map((seed) => {
      const scenario = { lines, flows, seed, ...times, lateness: BUSY };
      return runScenario(scenario, crypto).share.down;
    });
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  }
});
