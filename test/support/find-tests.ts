import { existsSync, readdirSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { ROOT } from "./checkout.ts";

const GROUPS = ["unit", "property", "sim", "lab"] as const;
const NATIVE_FOLDER = "shared/native";

/** A compiled test file; `label` is its path for people and filters, such as `lab/bonding.test`. */
export type TestFile = {
  readonly group: (typeof GROUPS)[number] | "native";
  readonly path: string;
  readonly label: string;
};

/** Every compiled test whose source still exists, in order of path. */
export function findTests(): TestFile[] {
  const own = GROUPS.flatMap((group) => testsIn(group, join("dist", "test"), "test", group));
  const native = readdirSync(join(ROOT, NATIVE_FOLDER)).flatMap((name) => {
    const folder = join(NATIVE_FOLDER, name);
    return testsIn("native", join(folder, "dist"), folder, "test").map((test) => ({
      ...test,
      label: `native/${name}/${basename(test.label)}`,
    }));
  });
  return [...own, ...native];
}

// A test that was removed or renamed leaves its compiled file behind, which is not to run.
function testsIn(group: TestFile["group"], compiled: string, source: string, folder: string): TestFile[] {
  const start = join(ROOT, compiled, folder);
  if (!existsSync(start)) return [];
  return readdirSync(start, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.js"))
    .filter((name) => existsSync(join(ROOT, source, folder, name.replace(/\.js$/, ".ts"))))
    .toSorted()
    .map((name) => {
      const path = join(start, name);
      return { group, path, label: relative(join(ROOT, compiled), path).replace(/\.js$/, "") };
    });
}
