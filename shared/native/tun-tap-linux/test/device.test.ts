import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { whyNoDevices } from "./support/commands.ts";

describe("Real devices, in a network namespace of their own", { skip: whyNoDevices() }, () => {
  for (const suite of ["device", "forwarding", "steering"]) {
    it(`pass test/namespace/${suite}.ts`, () => {
      const file = fileURLToPath(new URL(`namespace/${suite}.js`, import.meta.url));
      // A test runner's child would report to it instead of printing.
      const { NODE_TEST_CONTEXT: _, ...environment } = process.env;

      const result = spawnSync("unshare", ["--net", process.execPath, file], { encoding: "utf8", env: environment });

      assert.equal(result.status, 0, `${result.stdout}${result.stderr}`);
    });
  }
});
