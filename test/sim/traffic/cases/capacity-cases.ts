import type { HandshakeCrypto } from "../../../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../../../shared/protocol/units.ts";
import type { Direction } from "../capacity.ts";
import { medianOf } from "../samples.ts";
import { runScenario, type ScenarioResult } from "../scenario.ts";
import type { ControlName } from "../tcp-flow.ts";
import { configured, LINE_SETS, type LineSet, withFaults } from "./line-sets.ts";
import { printTable, share, whole } from "./table.ts";

const SEEDS = [1, 2, 3];
const WARM_UP = seconds(3);
const DURATION = seconds(15);
const DIRECTIONS = ["down", "up"] as const;
const CONTROLS = ["cubic", "bbr"] as const;
const HEADINGS = ["lines", "down cubic", "bbr", "up cubic", "bbr"];

/** One TCP flow each way on clean lines. */
export function capacityCases(crypto: HandshakeCrypto): void {
  printTable(
    HEADINGS,
    LINE_SETS.map((set) => [set.name, ...sharesOf(set, crypto)]),
  );
}

/** The same with one line that loses 1 %, one that jitters, and rates configured too high. */
export function faultCases(crypto: HandshakeCrypto): void {
  const faults = [
    { name: "1 % loss", change: { loss: { kind: "random", probability: 0.01 } as const } },
    { name: "10 ms jitter in order", change: { jitter: milliseconds(10) } },
    { name: "10 ms jitter, reordering", change: { jitter: milliseconds(10), mayReorder: true } },
  ];
  const rows = faults.flatMap(({ name, change }) =>
    LINE_SETS.map((set) => [`${set.name}, ${name}`, ...sharesOf(withFaults(set, change), crypto)]),
  );
  printTable(HEADINGS, rows);
  console.log();
  printTable(
    ["rates 50 % too high", "down cubic", "bbr", "ping p95 ms: cubic", "bbr", "allowed"],
    LINE_SETS.map((set) => tooHigh(set, crypto)),
  );
}

function sharesOf(set: LineSet, crypto: HandshakeCrypto): string[] {
  return DIRECTIONS.flatMap((direction) =>
    CONTROLS.map((control) =>
      share(medianOf(runs(set, direction, control, crypto).map((run) => run.share[direction]))),
    ),
  );
}

function tooHigh(set: LineSet, crypto: HandshakeCrypto): string[] {
  const results = CONTROLS.map((control) => runs(configured(set, 1.5), "down", control, crypto));
  const idleRtt = Math.min(...set.lines.map(({ up, down }) => (up.delay ?? 0) + (down.delay ?? 0)));
  return [
    set.name,
    ...results.map((of) => share(medianOf(of.map((run) => run.share.down)))),
    ...results.map((of) => whole(medianOf(of.map((run) => run.pings[0]?.rtts.percentile(0.95) ?? Number.NaN)))),
    whole(1.5 * idleRtt + 30),
  ];
}

function runs(
  { lines }: LineSet,
  direction: Direction,
  control: ControlName,
  crypto: HandshakeCrypto,
): ScenarioResult[] {
  const flows = [{ kind: "tcp", direction, control } as const, { kind: "ping" } as const];
  return SEEDS.map((seed) => runScenario({ lines, flows, seed, warmUp: WARM_UP, duration: DURATION }, crypto));
}
