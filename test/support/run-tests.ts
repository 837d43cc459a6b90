// `npm test`: every test of the project by Node's own runner, the lab's one after another, then the coverage of the
// protocol core. Arguments are parts of paths that choose test files: `npm test -- unit`, `npm test -- lab/bonding`.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { isCoverageEnough } from "./coverage.ts";
import { findTests, type TestFile } from "./find-tests.ts";

const TIME_LIMIT_MS = 19 * 60_000;
const FILE_TIME_LIMIT_MS = 6 * 60_000;

type Skipped = { readonly name: string; readonly file: string; readonly reason: string };
type Outcome = { passed: number; failed: number; failedSuites: number; readonly skipped: Skipped[] };

async function main(filters: readonly string[]): Promise<boolean> {
  const tests = findTests().filter(
    ({ label }) => filters.length === 0 || filters.some((part) => label.includes(part)),
  );
  if (tests.length === 0) {
    console.error(`No test file matches ${filters.join(" or ")}.`);
    return false;
  }
  const outcome: Outcome = { passed: 0, failed: 0, failedSuites: 0, skipped: [] };
  const inGroups = (...groups: readonly TestFile["group"][]): TestFile[] =>
    tests.filter(({ group }) => groups.includes(group));
  const coverage = mkdtempSync(join(tmpdir(), "hawser-coverage-"));
  const signal = AbortSignal.timeout(TIME_LIMIT_MS);
  try {
    const covered = { NODE_V8_COVERAGE: coverage };
    await runFiles(inGroups("unit", "property", "sim"), availableParallelism(), outcome, signal, covered);
    await runFiles(inGroups("native"), availableParallelism(), outcome, signal, {});
    await runFiles(inGroups("lab"), 1, outcome, signal, {});
    printSkipped(outcome.skipped);
    const isEnough = filters.length > 0 || isCoverageEnough(coverage);
    printTotals(outcome, tests.length);
    if (signal.aborted) console.error(`The tests took longer than ${TIME_LIMIT_MS / 60_000} minutes.`);
    return isEnough && outcome.failed + outcome.failedSuites === 0 && outcome.passed > 0 && !signal.aborted;
  } finally {
    rmSync(coverage, { recursive: true, force: true });
  }
}

async function runFiles(
  tests: readonly TestFile[],
  concurrency: number,
  outcome: Outcome,
  signal: AbortSignal,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  if (tests.length === 0) return;
  // The runner gives its test processes this process's environment.
  Object.assign(process.env, environment);
  const stream = run({ files: tests.map(({ path }) => path), concurrency, signal, timeout: FILE_TIME_LIMIT_MS });
  stream.on("test:pass", (event) => {
    const { skip, name, file, details } = event;
    if (skip === undefined) outcome.passed += details.type === "suite" ? 0 : 1;
    else outcome.skipped.push({ name, file: file ?? "", reason: typeof skip === "string" ? skip : "" });
  });
  stream.on("test:fail", ({ details }) => {
    outcome.failed += details.type === "suite" ? 0 : 1;
    outcome.failedSuites += details.type === "suite" ? 1 : 0;
  });
  for await (const text of stream.compose(new spec())) process.stdout.write(String(text));
  for (const name of Object.keys(environment)) delete process.env[name];
}

function printSkipped(skipped: readonly Skipped[]): void {
  if (skipped.length === 0) return;
  console.log(`\nSkipped (${skipped.length}):`);
  for (const { name, file, reason } of skipped) {
    const where = file.replace(/^.*\/dist\//, "");
    console.log(`  ${where}: ${name}${reason === "" ? "" : `: ${reason}`}`);
  }
}

function printTotals({ passed, failed, skipped }: Outcome, files: number): void {
  console.log(`\n${files} test files: ${passed} passed, ${failed} failed, ${skipped.length} skipped`);
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
