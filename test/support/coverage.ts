import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "./checkout.ts";

const LINES_AT_LEAST_PERCENT = 95;
const CORE = "dist/shared/protocol";

/**
 * Prints what the tests covered of the protocol core, by line of its TypeScript, from the V8 coverage files in
 * `directory`; files that no test loaded count as uncovered. False when it is less than the project promises.
 */
export function isCoverageEnough(directory: string): boolean {
  console.log(`\nCoverage of ${CORE.replace("dist/", "")}, at least ${LINES_AT_LEAST_PERCENT} % of lines wanted:`);
  const c8 = join(ROOT, "node_modules", "c8", "bin", "c8.js");
  const options = [
    ["--temp-directory", directory],
    ["--src", CORE],
    ["--include", `${CORE}/**/*.js`],
    ["--reporter", "text"],
    ["--lines", String(LINES_AT_LEAST_PERCENT)],
    ...filesWithoutCode().map((file) => ["--exclude", file]),
  ].flat();
  const flags = ["--all", "--check-coverage"];
  const { status } = spawnSync(process.execPath, [c8, "report", ...flags, ...options], {
    cwd: ROOT,
    stdio: "inherit",
  });
  return status === 0;
}

// A file of nothing but types compiles to nothing, is never loaded, and would count as uncovered; so would what is left
// of a source that was removed or renamed.
function filesWithoutCode(): string[] {
  return readdirSync(join(ROOT, CORE), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js"))
    .map((name) => join(CORE, name))
    .filter((path) => isEmptyModule(path) || !existsSync(join(ROOT, sourceOf(path))));
}

const isEmptyModule = (path: string): boolean =>
  /^export \{\};\s*(\/\/.*\s*)?$/.test(readFileSync(join(ROOT, path), "utf8"));

const sourceOf = (path: string): string => path.replace(/^dist\//, "").replace(/\.js$/, ".ts");
