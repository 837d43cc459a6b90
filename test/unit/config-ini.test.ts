import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decode } from "ini";
import { ConfigError } from "../../shared/config/config-error.ts";
import { type IniFile, parseIni } from "../../shared/config/ini-file.ts";

describe("An INI file", () => {
  it("gives every section and key with its line", () => {
    const ini = read("# comment\n\n[general]\r\nmode = client\r\n  ; comment\n[dsl1]\n\tbinddev=eth1\n");

    assert.deepEqual(lines(ini), { general: [3, { mode: 4 }], dsl1: [6, { binddev: 7 }] });
    assert.deepEqual(values(ini), { general: { mode: "client" }, dsl1: { binddev: "eth1" } });
  });

  it("takes quotes off and keeps what is inside them", () => {
    const ini = read(`[a]\nb = "x ; y # z"\nc = 'it = "so"'\nd = "say \\"hi\\" \\\\ \\u00e9"\ne = ""\n`);

    assert.deepEqual(values(ini), { a: { b: "x ; y # z", c: 'it = "so"', d: 'say "hi" \\ é', e: "" } });
  });

  it("allows a comment behind a header, a value and a quoted value", () => {
    const ini = read(`[a] # the first\nb = 5 ; five\nc = "x" # y\nd = 'x' ; y\n`);

    assert.deepEqual(values(ini), { a: { b: "5", c: "x", d: "x" } });
  });

  it("keeps words that JSON knows, and long numbers, as text", () => {
    const ini = read("[a]\nb = true\nc = null\nd = '12345678901234567890'\ne = 007\nf = '[1]'\n");

    assert.deepEqual(values(ini), { a: { b: "true", c: "null", d: "12345678901234567890", e: "007", f: "[1]" } });
  });

  it("keeps a section whose name has dots or spaces as one section", () => {
    const ini = read("[client  alice.home]\nip4 = 10.0.0.1\n[client]\nx = 1\n[__proto__]\ny = 2\n");

    assert.deepEqual([...ini.sections.keys()], ["client alice.home", "client", "__proto__"]);
  });

  it("passes over a byte order mark", () => {
    assert.deepEqual(values(read("\ufeff[a]\nb = 1\n")), { a: { b: "1" } });
  });

  const mistakes: readonly (readonly [string, string, string])[] = [
    [
      "a line without =",
      "[a]\nhunter2\n",
      "x.conf:2: [a]: expected a line such as key = value, [section], or a comment that starts with # or ;",
    ],
    [
      "a value without a key",
      "[a]\n= 5\n",
      "x.conf:2: [a]: expected a line such as key = value, [section], or a comment that starts with # or ;",
    ],
    [
      "a key before the first section",
      "mode = client\nb = 1\n[a]\n",
      "x.conf:1: this line stands before the first section: begin the file with [general]",
    ],
    [
      "a key given twice",
      "[a]\nb = 1\nc = 2\nb = 3\n",
      "x.conf:4: [a] b: this key is already at line 2: keep one of them",
    ],
    [
      "a section given twice",
      "[a]\nb = 1\n[c]\n[a]\nd = 1\n",
      "x.conf:4: [a]: this section is already at line 1: put the keys of both into one",
    ],
    ["a header that is not closed", "[a\n", "x.conf:1: expected a section such as [general] alone on its line"],
    [
      "a header with something behind it",
      "[a] b = 1\n",
      "x.conf:1: expected a section such as [general] alone on its line",
    ],
    ["a header without a name", "[ ]\n", "x.conf:1: expected a name in the brackets"],
    ["a list in several lines", "[a]\nb[] = 1\n", 'x.conf:2: [a]: the key "b" takes a list in one line: b = a, b'],
    [
      "a quote that is not closed",
      '[a]\nb = "1\n',
      `x.conf:2: [a]: "b": expected the value's quotes to be closed at its end`,
    ],
    [
      "something behind a quoted value",
      '[a]\nb = "1" 2\n',
      `x.conf:2: [a]: "b": expected the value's quotes to be closed at its end`,
    ],
    [
      "a lone backslash in double quotes",
      '[a]\nb = "C:\\x"\n',
      'x.conf:2: [a]: "b": expected a backslash inside double quotes to be doubled, or single quotes',
    ],
    [
      "a comment that cuts a value",
      "[a]\nb = hunter#2\n",
      'x.conf:2: [a]: "b": a comment begins at the "#" inside the value: put the value in quotes',
    ],
  ];
  for (const [name, text, expected] of mistakes) {
    it(`refuses ${name}`, () => {
      assert.deepEqual(problemsOf(parseIni(text, "x.conf")), [expected]);
    });
  }

  it("tells all mistakes at once, by line", () => {
    const found = problemsOf(parseIni("[a]\nb\nc = 1\nc = 2\n[a]\n", "x.conf"));

    assert.deepEqual(
      found.map((text) => text.split(": ")[0]),
      ["x.conf:2", "x.conf:4", "x.conf:5"],
    );
  });

  it("is read as `ini` reads it, whatever it holds that both take", () => {
    fc.assert(
      fc.property(iniFiles, ({ text }) => {
        const ini = parseIni(text, "x.conf");

        if (ini.problems.isEmpty) assert.deepEqual(values(ini), asText(decode(text)));
      }),
      { numRuns: 1000 },
    );
  });

  it("has the lines on which its keys were written", () => {
    fc.assert(
      fc.property(iniFiles, ({ text, keys }) => {
        const ini = parseIni(text, "x.conf");

        assert.deepEqual(problemsOf(ini), []);
        assert.deepEqual(lines(ini), keys);
      }),
    );
  });

  it("never throws but a ConfigError, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."[]=;#\"'\\ \n\rab.") }), (text) => {
        const ini = parseIni(text, "x.conf");

        for (const section of ini.sections.values()) assert.ok(section.line >= 1);
      }),
      { numRuns: 2000 },
    );
  });
});

// Words that `ini` and this reader take alike: no dots in sections (which `ini` nests), nothing in single quotes that
// is JSON, no comment behind a quoted value.
const words = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/).filter((word) => word !== "__proto__");
const plainValues = fc.stringMatching(/^[a-zA-Z0-9/:+=. -]{0,12}$/).map((value) => value.trim());
const quotedValues = fc.string({ maxLength: 12 }).map((value) => JSON.stringify(value));
const escapedValues = fc.stringMatching(/^([a-z]|\\;|\\#|\\\\){1,6}$/);
const comments = fc.constantFrom("", "", "# a comment", "; another = one", "   ", "\t; [x]");
const pairs = fc.record({
  before: comments,
  value: fc.oneof(plainValues, quotedValues, escapedValues, fc.constantFrom("true", "false", "null", "5 ; five")),
  separator: fc.constantFrom("=", " = ", "\t=  "),
});
const iniFiles = fc
  .dictionary(words, fc.dictionary(words, pairs, { maxKeys: 4, noNullPrototype: true }), {
    maxKeys: 4,
    noNullPrototype: true,
  })
  .map((sections) => {
    const written: string[] = [];
    const keys: Record<string, [number, Record<string, number>]> = {};
    for (const [name, entries] of Object.entries(sections)) {
      written.push(`[${name}]`);
      const lineOf: Record<string, number> = {};
      keys[name] = [written.length, lineOf];
      for (const [key, { before, value, separator }] of Object.entries(entries)) {
        written.push(before, `${key}${separator}${value}`);
        lineOf[key] = written.length;
      }
    }
    return { text: written.join("\n"), keys };
  });

function read(text: string): IniFile {
  const ini = parseIni(text, "x.conf");
  assert.deepEqual(problemsOf(ini), []);
  return ini;
}

function problemsOf(ini: IniFile): readonly string[] {
  try {
    ini.problems.throwIfAny();
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
}

function values(ini: IniFile) {
  return Object.fromEntries(
    [...ini.sections].map(([name, { entries }]) => [
      name,
      Object.fromEntries([...entries].map(([key, entry]) => [key, entry.value])),
    ]),
  );
}

function lines(ini: IniFile) {
  return Object.fromEntries(
    [...ini.sections].map(([name, { line, entries }]) => [
      name,
      [line, Object.fromEntries([...entries].map(([key, entry]) => [key, entry.line]))],
    ]),
  );
}

function asText(decoded: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    Object.entries(decoded).map(([name, section]) => {
      assert.ok(typeof section === "object" && section !== null);
      return [name, Object.fromEntries(Object.entries(section).map(([key, value]) => [key, String(value)]))];
    }),
  );
}
