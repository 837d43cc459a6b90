import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { importsOf, withoutComments } from "../support/imports.ts";

describe("The imports of a file", () => {
  it("are found in every form", () => {
    const text = [
      'import { a } from "./a.ts";',
      'import type { B,\n  C } from "./b.ts";',
      'import "./effects.ts";',
      'export { d } from "./d.ts";',
      'const e = await import("e");',
      'import * as f from "node:f";',
    ].join("\n");

    assert.deepEqual(importsOf(text), ["./a.ts", "./b.ts", "./effects.ts", "./d.ts", "node:f", "e"]);
  });

  it("are not those in comments", () => {
    assert.deepEqual(importsOf('// import "./a.ts";\n/*\nimport "./b.ts";\n*/\n'), []);
  });

  it("are not the strings of exports", () => {
    assert.deepEqual(importsOf('export const name = "value";\nexport type Name = "a" | "b";\n'), []);
  });
});

describe("Text without comments", () => {
  it("keeps strings that look like comments, and the numbers of lines", () => {
    assert.equal(withoutComments('a("http://b"); // c\n/* d\n */e'), 'a("http://b");     \n    \n   e');
  });
});
