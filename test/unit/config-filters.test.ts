import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readFilters } from "../../shared/config/filters-section.ts";
import { parseIni } from "../../shared/config/ini-file.ts";

const LINKS = ["dsl1", "lte"];

describe("The section [filters]", () => {
  it("has a line for each link and expression, in the order of the file", () => {
    const ini = parseIni('[filters]\nlte = udp port 5060\n# the rest\ndsl1 = "tcp[13] & 2 != 0 or len > 100"\n', "a");

    const rules = readFilters(ini, LINKS);

    assert.deepEqual(
      rules.map(({ link, expression, place }) => [link, expression, place.line]),
      [
        ["lte", "udp port 5060", 2],
        ["dsl1", "tcp[13] & 2 != 0 or len > 100", 4],
      ],
    );
    assert.equal(ini.problems.isEmpty, true);
  });

  it("may be left out", () => {
    assert.deepEqual(readFilters(parseIni("[general]\n", "a"), LINKS), []);
  });

  const mistakes: readonly (readonly [line: string, message: RegExp])[] = [
    ["ltee = udp", /^a:2: \[filters\] ltee = udp: there is no link "ltee", did you mean "lte"\?$/],
    ["lte =", /^a:2: \[filters\] lte = "": expected a pcap expression, such as udp port 5060$/],
    [`lte = ${"udp or ".repeat(600)}tcp`, /expected a pcap expression of at most 4096 bytes$/],
    ["lte = udp \u0007", /expected no control characters$/],
  ];
  for (const [line, message] of mistakes) {
    it(`refuses ${JSON.stringify(line.slice(0, 30))}`, () => {
      const ini = parseIni(`[filters]\n${line}\n`, "a");

      assert.deepEqual(readFilters(ini, LINKS), []);
      assert.throws(() => ini.problems.throwIfAny(), { name: "ConfigError", message });
    });
  }
});
