// Measures a bundle in simulation on the lines of the project's promise: `node dist/test/sim/baseline.js [CASE...]`,
// all cases when absent. What of them, traffic/README.md says; `--jobs N` measures so many cells at a time.
import process from "node:process";
import { parseArgs } from "node:util";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { CASES } from "./traffic/cases/all-cases.ts";
import { CellRecord } from "./traffic/cases/cell-record.ts";
import { CellWorkers } from "./traffic/cases/cell-workers.ts";
import { parseSelection, SELECTION_OPTIONS } from "./traffic/cases/selection.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { ...SELECTION_OPTIONS, jobs: { type: "string", default: "1" }, record: { type: "string" } },
});
const unknown = positionals.find((name) => !(name in CASES));
if (unknown !== undefined) throw new RangeError(`${unknown}: cases are ${Object.keys(CASES).join(", ")}`);

const selection = parseSelection(values);
const crypto = await createHandshakeCrypto();
const jobs = Number(values.jobs);
const record = values.record === undefined ? undefined : new CellRecord(values.record);
const workers = jobs > 1 ? new CellWorkers(jobs) : undefined;
try {
  for (const [name, measured] of Object.entries(CASES)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    console.log(`\nCase ${name}`);
    const before = process.cpuUsage();
    await measured.report({ crypto, selection }, { name, record, runner: workers?.runner(name, selection) });
    const { user, system } = process.cpuUsage(before);
    console.log(`\n${((user + system) / 1e6).toFixed(0)} s of processor time`);
  }
} finally {
  await workers?.close();
}
