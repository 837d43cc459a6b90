import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { LINE_SETS } from "./traffic/cases/line-sets.ts";
import type { LineChange } from "./traffic/line-change.ts";
import { type FlowOptions, runScenario } from "./traffic/scenario.ts";
import type { ScenarioView } from "./traffic/scenario-trace.ts";

// The last packets of a run are still under way.
const UNDER_WAY = 4;

const CHANGES: readonly LineChange[] = [
  { at: seconds(4), line: 0, kind: "cut" },
  { at: seconds(6), line: 0, kind: "restore" },
];

describe("A line that is cut in silence under load", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  for (const set of LINE_SETS) {
    for (const control of ["cubic", "bbr"] as const) {
      it(`stops a TCP flow by ${control} for 300 ms at most, over ${set.name}`, () => {
        for (const direction of ["down", "up"] as const) {
          const { tcp } = run([{ kind: "tcp", direction, control }]);

          const gap = tcp[0]?.longestGap ?? Number.NaN;
          assert.ok(gap <= 300, `${direction}: ${gap} ms`);
        }
      });
    }

    it(`sends next to nothing again that had arrived, over ${set.name}`, () => {
      let duplicates = 0;
      run([{ kind: "tcp", direction: "down", control: "cubic" }], ({ network }) => {
        duplicates = network.clientTunnel?.receiving.counters.duplicate ?? Number.NaN;
      });

      assert.ok(duplicates < 10, `${duplicates} packets`);
    });

    it(`loses nothing of a call, over ${set.name}`, () => {
      const { realtime } = run([{ kind: "realtime", direction: "down" }]);

      const [call] = realtime;
      assert.ok((call?.lost ?? 0) <= UNDER_WAY && (call?.sent ?? 0) > 300, `${call?.lost} of ${call?.sent}`);
      assert.equal(call?.repeated, 0);
    });

    function run(flows: readonly FlowOptions[], look: (view: ScenarioView) => void = () => {}) {
      const timing = { warmUp: seconds(2), duration: seconds(8) };
      const scenario = { lines: set.lines, changes: CHANGES, flows, seed: 3, ...timing };
      return runScenario(scenario, crypto, { every: seconds(1), look });
    }
  }

  for (const set of LINE_SETS) {
    it(`gives its share to a flow by cubic again within two seconds of its return after five, over ${set.name}`, () => {
      const changes: readonly LineChange[] = [
        { at: seconds(4), line: 0, kind: "cut" },
        { at: seconds(9), line: 0, kind: "restore" },
      ];
      const flows = [{ kind: "tcp", direction: "down", control: "cubic" }] as const;

      const { share } = runScenario(
        { lines: set.lines, changes, flows, seed: 3, warmUp: seconds(11), duration: seconds(2) },
        crypto,
      );

      assert.ok(share.down > 0.9, `${share.down}`);
    });
  }
});
