import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, it } from "node:test";
import { ROOT } from "../support/checkout.ts";
import { importsOf, type Module, withoutComments } from "../support/imports.ts";

const ENTRIES = new Set([
  ...[".ci", ".gitignore", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE", "README.md"],
  ...["biome.json", "package.json", "package-lock.json", "tsconfig.json", "tsconfig.base.json"],
  ...["client", "conf", "deploy", "server", "shared", "test"],
]);
const UNTRACKED = new Set([".git", "node_modules", "dist", "build", "coverage", "bench.json"]);
const SOURCE_FOLDERS = ["client", "server", "shared", "test"];
const LONGEST_FILE_LINES = 300;
const CLOCKS_AND_DICE =
  /\b(Date\.now|new Date|Math\.random|performance\.now|setTimeout|setInterval|setImmediate|process\.hrtime)\b/;

const modules: readonly Module[] = SOURCE_FOLDERS.flatMap(sourcesIn).map((path) => {
  const text = readFileSync(join(ROOT, path), "utf8");
  return {
    path,
    text,
    imports: importsOf(text).map((specifier) => ({ specifier, target: resolve(path, specifier) })),
  };
});

describe("The architecture", () => {
  it("has only the top-level entries it names", () => {
    const entries = readdirSync(ROOT).filter((name) => !UNTRACKED.has(name) && !name.endsWith(".log"));

    assert.deepEqual(
      entries.filter((name) => !ENTRIES.has(name)),
      [],
    );
  });

  it("lets the protocol core import only itself", () => {
    assertNone(offendingImports("shared/protocol/", (target) => !target.startsWith("shared/protocol/")));
  });

  it("gives the protocol core no clock and no dice", () => {
    const offenders = modules
      .filter(({ path }) => path.startsWith("shared/protocol/"))
      .flatMap(({ path, text }) => matchingLines(path, withoutComments(text), CLOCKS_AND_DICE));

    assertNone(offenders);
  });

  it("keeps client and server apart", () => {
    assertNone(offendingImports("client/", (target) => target.startsWith("server/")));
    assertNone(offendingImports("server/", (target) => target.startsWith("client/")));
  });

  it("lets what is shared import neither client nor server, but for the commands that start them", () => {
    const daemons = /^(client|server)\//;
    const offenders = offendingImports("shared/", (target) => daemons.test(target));

    assertNone(offenders.filter((text) => !text.startsWith("shared/cli/")));
  });

  it("imports no test from the product", () => {
    for (const folder of ["client/", "server/", "shared/"])
      assertNone(offendingImports(folder, (target) => target.startsWith("test/")));
  });

  it("touches the native packages only from the runtime, and from the tests", () => {
    const isNative = (target: string): boolean => target === "dgram-native" || target === "tun-tap-linux";
    const offenders = ["client/", "server/", "shared/"].flatMap((folder) => offendingImports(folder, isNative));

    assertNone(offenders.filter((text) => !/^shared\/(runtime|native)\//.test(text)));
  });

  it("lets a native package import only Node.js and itself", () => {
    for (const name of ["dgram-native", "tun-tap-linux"]) {
      const folder = `shared/native/${name}/`;
      const isOwn = (target: string): boolean => target === name || target.startsWith(folder);
      assertNone(offendingImports(folder, (target) => !target.startsWith("node:") && !isOwn(target)));
    }
  });

  it("has no cycle of imports", () => {
    assertNone(cycles());
  });

  it("imports files that exist, by their .ts names", () => {
    const offenders = modules.flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => specifier.startsWith("."))
        .filter(({ specifier, target }) => !specifier.endsWith(".ts") || !existsSync(join(ROOT, target)))
        .map(({ specifier }) => `${path} imports ${specifier}`),
    );

    assertNone(offenders);
  });

  it("has neither default exports nor barrels", () => {
    const pattern = /^\s*export\s+(default\b|\*|(type\s+)?\{[^}]*\}\s+from\s+"\.)/;
    const isPackageEntry = (path: string): boolean => /^shared\/native\/[^/]+\/index\.ts$/.test(path);
    const offenders = modules
      .filter(({ path }) => !isPackageEntry(path))
      .flatMap(({ path, text }) => matchingLines(path, withoutComments(text), pattern));

    assertNone(offenders);
  });

  it(`has no file of ${LONGEST_FILE_LINES} lines or more`, () => {
    const lengths = modules.map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }));

    assertNone(
      lengths.filter(({ lines }) => lines >= LONGEST_FILE_LINES).map(({ path, lines }) => `${path}: ${lines}`),
    );
  });

  it("has nothing left to do in its comments", () => {
    const pattern = new RegExp(["TO", "DO|FIX", "ME|X", "XX"].join("").replaceAll("|", "\\b|\\b"));

    assertNone(modules.flatMap(({ path, text }) => matchingLines(path, text, pattern)));
  });
});

function sourcesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return UNTRACKED.has(entry.name) ? [] : sourcesIn(path);
    return entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts") ? [path] : [];
  });
}

function resolve(path: string, specifier: string): string {
  return specifier.startsWith(".") ? relative(ROOT, join(ROOT, dirname(path), specifier)) : specifier;
}

function offendingImports(folder: string, isForbidden: (target: string) => boolean): string[] {
  return modules
    .filter(({ path }) => path.startsWith(folder))
    .flatMap(({ path, imports }) =>
      imports.filter(({ target }) => isForbidden(target)).map(({ specifier }) => `${path} imports ${specifier}`),
    );
}

function matchingLines(path: string, text: string, pattern: RegExp): string[] {
  return text
    .split("\n")
    .map((line, index) => ({ line, index }))
    .filter(({ line }) => pattern.test(line))
    .map(({ line, index }) => `${path}:${index + 1}: ${line.trim()}`);
}

function cycles(): string[] {
  const targetsOf = new Map(modules.map(({ path, imports }) => [path, imports.map(({ target }) => target)]));
  const finished = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
    if (finished.has(path) || trail.includes(path)) return;
    for (const target of targetsOf.get(path) ?? []) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const { path } of modules) visit(path, []);
  return found;
}

function assertNone(offenders: readonly string[]): void {
  assert.deepEqual(offenders, [], `\n${offenders.join("\n")}\n`);
}
