import type { HandshakeCrypto } from "../../../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../../../shared/protocol/units.ts";
import { payloadCapacities } from "../capacity.ts";
import type { LineChange } from "../line-change.ts";
import { type FlowOptions, runScenario, type Scenario } from "../scenario.ts";
import type { ControlName } from "../tcp-flow.ts";
import { LINE_SETS, type LineSet } from "./line-sets.ts";
import { printTable, share, whole } from "./table.ts";

// A cut of four seconds after five; it counts from two seconds before.
const WARM_UP = seconds(3);
const CUT_AT = seconds(5);
const RESTORE_AT = seconds(9);
const DURATION = seconds(12);

// The first full second that has to be at the full rate, counted from the warm-up's end: two after the line is back.
const FULL_AGAIN_SECOND = 8;

/** The first line of each set cut in silence under load, and restored. */
export function cutCases(crypto: HandshakeCrypto): void {
  const rows = LINE_SETS.flatMap((set) => (["cubic", "bbr"] as const).map((control) => cutRow(set, control, crypto)));
  printTable(["first line cut for 4 s", "TCP gap ms", "timeouts", "call outage ms", "call lost", "full after"], rows);
}

function cutRow({ name, lines }: LineSet, control: ControlName, crypto: HandshakeCrypto): string[] {
  const changes: readonly LineChange[] = [
    { at: CUT_AT, line: 0, kind: "cut" },
    { at: RESTORE_AT, line: 0, kind: "restore" },
  ];
  const common = { lines, changes, seed: 1, warmUp: WARM_UP, duration: DURATION };
  const load: FlowOptions = { kind: "tcp", direction: "down", control };
  const withLoad = runScenario({ ...common, flows: [load] }, crypto);
  const withCall = runScenario({ ...common, flows: [{ kind: "realtime", direction: "down" }] }, crypto);
  const [tcp] = withLoad.tcp;
  const [call] = withCall.realtime;
  return [
    `${name} ${control}`,
    whole(tcp?.longestGap ?? Number.NaN),
    `${tcp?.timeouts}`,
    whole(call?.longestOutage ?? Number.NaN),
    `${call?.lost} of ${call?.sent}`,
    fullAfter(common, tcp?.perSecond ?? []),
  ];
}

/** How many seconds after its return the line's share is there again, and the share of the second that counts. */
function fullAfter(scenario: Omit<Scenario, "flows">, perSecond: readonly number[]): string {
  const { lines } = scenario;
  const span = { lines, changes: [], direction: "down", from: milliseconds(0), until: scenario.duration } as const;
  const full = payloadCapacities(span).reduce((sum, capacity) => sum + capacity, 0);
  const back = (RESTORE_AT - WARM_UP) / 1000;
  const second = perSecond.findIndex((rate, index) => index >= back && rate >= 0.9 * full);
  const atLimit = share((perSecond[FULL_AGAIN_SECOND] ?? 0) / full);
  return `${second < 0 ? "never" : `${second - back} s`} (${atLimit})`;
}
