import type { HandshakeCrypto } from "../../../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../../../shared/protocol/units.ts";
import { type FlowOptions, runScenario } from "../scenario.ts";
import { LINE_SETS } from "./line-sets.ts";
import { printTable, whole } from "./table.ts";

const PING = { kind: "ping", interval: milliseconds(20) } as const;
const LOADS: readonly (readonly FlowOptions[])[] = [
  [],
  [{ kind: "tcp", direction: "down", control: "cubic" }],
  [{ kind: "tcp", direction: "down", control: "bbr" }],
  [
    { kind: "tcp", direction: "down", control: "cubic" },
    { kind: "tcp", direction: "up", control: "cubic" },
  ],
];

/** Pings through the tunnel, idle and loaded: median and 95th percentile in milliseconds. */
export function delayCases(crypto: HandshakeCrypto): void {
  const rows = LINE_SETS.map(({ name, lines }) => {
    const best = Math.min(...lines.map(({ up, down }) => (up.delay ?? 0) + (down.delay ?? 0)));
    const pings = LOADS.map((load) => {
      const flows = [PING, ...load];
      const result = runScenario({ lines, flows, seed: 1, warmUp: seconds(3), duration: seconds(15) }, crypto);
      const rtts = result.pings[0]?.rtts;
      return `${whole(rtts?.median ?? Number.NaN)} / ${whole(rtts?.percentile(0.95) ?? Number.NaN)}`;
    });
    return [name, ...pings, `p95 ${whole(best + 15)}`];
  });
  printTable(["ping p50 / p95 ms", "idle", "cubic down", "bbr down", "cubic both ways", "allowed"], rows);
}
