import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as v from "valibot";
import { parseClientConfig } from "../../client/client-config.ts";
import { CLIENT_GENERAL_KEYS, CLIENT_LINK_KEYS } from "../../client/client-keys.ts";
import { parseServerConfig } from "../../server/server-config.ts";
import { SERVER_CLIENT_KEYS, SERVER_GENERAL_KEYS, SERVER_LINK_KEYS } from "../../server/server-keys.ts";
import { type IniFile, parseIni } from "../../shared/config/ini-file.ts";
import { describeKeys, type KeyTable } from "../../shared/config/key.ts";
import { ROOT } from "../support/checkout.ts";

/** Each example with the tables of keys that it has to show, and the sections in which each is shown. */
const EXAMPLES = [
  {
    file: "conf/client.conf",
    tables: [
      { keys: CLIENT_GENERAL_KEYS, isShownIn: (section: string) => section === "general" },
      { keys: CLIENT_LINK_KEYS, isShownIn: (section: string) => section !== "general" && section !== "filters" },
    ],
  },
  {
    file: "conf/server.conf",
    tables: [
      { keys: SERVER_GENERAL_KEYS, isShownIn: (section: string) => section === "general" },
      { keys: SERVER_CLIENT_KEYS, isShownIn: (section: string) => /^client \S+$/.test(section) },
      {
        keys: SERVER_LINK_KEYS,
        isShownIn: (section: string) => section !== "general" && !/^client \S+$/.test(section),
      },
    ],
  },
];

for (const { file, tables } of EXAMPLES) {
  const text = readFileSync(join(ROOT, file), "utf8");
  const everything = parseIni(uncommented(text), file);

  describe(file, () => {
    it("shows every key of the schema, each in its kind of section", () => {
      for (const { keys, isShownIn } of tables) {
        const shown = keysIn(everything, isShownIn);

        assert.deepEqual(
          Object.keys(keys).filter((key) => !shown.has(key)),
          [],
        );
      }
    });

    it("shows no key that is not of the schema", () => {
      for (const { keys, isShownIn } of tables) {
        const shown = keysIn(everything, isShownIn);

        assert.deepEqual(
          [...shown.keys()].filter((key) => !Object.hasOwn(keys, key)),
          [],
        );
      }
    });

    it("shows values that can be read", () => {
      everything.problems.throwIfAny();
      for (const { keys, isShownIn } of tables) {
        for (const [key, value] of keysIn(everything, isShownIn)) assertReadable(keys, key, value);
      }
    });

    it("shows the default of a key that is commented out and has one", () => {
      const commented = parseIni(onlyCommented(text), file);
      for (const { keys, isShownIn } of tables) {
        const shown = keysIn(commented, isShownIn);
        for (const { name, defaultText } of describeKeys(keys)) {
          const value = shown.get(name);
          if (value !== undefined && defaultText !== undefined) assert.equal(value, defaultText, name);
        }
      }
    });

    it("holds no secret", () => {
      assert.doesNotMatch(text, /^\s*password\s*=/m);
    });
  });
}

describe("The examples", () => {
  it("are complete once the password is set", () => {
    const client = parseClientConfig(withPassword("conf/client.conf"), "conf/client.conf");
    const server = parseServerConfig(withPassword("conf/server.conf"), "conf/server.conf");

    assert.deepEqual(
      client.links.map(({ name }) => name),
      ["dsl1", "lte"],
    );
    assert.equal(client.links[0]?.remotePort, server.bindPort);
    assert.ok(client.secret.equals(server.secret ?? client.secret));
  });

  it("describe every key in one line", () => {
    for (const { tables } of EXAMPLES) {
      for (const { keys } of tables) {
        for (const { name, doc } of describeKeys(keys)) assert.match(doc, /^\S.{10,110}\.$/, name);
      }
    }
  });
});

/** The file with every "; key = value" and ";[section]" taken for real; prose comments begin with "#". */
function uncommented(text: string): string {
  return text.replaceAll(/^; ?(?=\[|\w+ =)/gm, "");
}

function onlyCommented(text: string): string {
  return text.replaceAll(/^\w+ =.*$/gm, "").replaceAll(/^; ?(?=\[|\w+ =)/gm, "");
}

function withPassword(file: string): string {
  return readFileSync(join(ROOT, file), "utf8").replace(
    /^; (password = ).*$/m,
    '$1"PBj0IJdnVAmWRAJhKKLKjZzdhTVhRzLTnMEAhQ0hYbk="',
  );
}

function keysIn(ini: IniFile, isShownIn: (section: string) => boolean): ReadonlyMap<string, string> {
  const sections = [...ini.sections.values()].filter(({ name }) => isShownIn(name));
  return new Map(
    sections.flatMap(({ entries }) => [...entries.values()].map(({ key, value }) => [key, value] as const)),
  );
}

function assertReadable(keys: KeyTable, key: string, value: string): void {
  const schema = keys[key];
  assert.ok(schema, key);
  assert.ok(v.is(schema, value), `${key} = ${value}`);
}
