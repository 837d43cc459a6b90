import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bytes, milliseconds } from "../../shared/protocol/units.ts";
import { rateWithin } from "../lab/scenarios/cellular-lines.ts";
import { parseOptions } from "../lab/scenarios/options.ts";
import { type CaseResult, figures, isKept } from "../lab/scenarios/results.ts";
import { chooseCases } from "../lab/scenarios/runner.ts";
import { atLeast, atMost, beside, type LabCase, type Reading, type Scenario } from "../lab/scenarios/scenario.ts";
import { SCENARIOS } from "../lab/scenarios/scenarios.ts";
import { resultTables } from "../lab/scenarios/table.ts";
import { median, percentile } from "../support/statistics.ts";

const LAB_CASE: LabCase = { name: "two lines", choice: {}, measure: () => Promise.resolve([]) };
const SCENARIO: Scenario = { number: "1", name: "one", title: "One flow", cases: () => [LAB_CASE] };

const resultOf = (...repetitions: readonly (readonly Reading[])[]): CaseResult => ({
  scenario: SCENARIO,
  labCase: LAB_CASE,
  repetitions,
  failures: [],
});

describe("A case of the lab", () => {
  it("keeps a promise by the median of its repetitions", () => {
    const result = resultOf(...[0.9, 0.97, 0.98].map((value) => [atLeast(0.95, "share", "share", value)]));

    assert.equal(isKept(result), true);
  });

  it("measures against the median of what was promised, where that differs", () => {
    const result = resultOf(
      [atMost(30, "ping", "ms", 33)],
      [atMost(31, "ping", "ms", 32)],
      [atMost(40, "ping", "ms", 32)],
    );

    const [figure] = figures(result);

    assert.deepEqual(figure?.bound, { kind: "at most", value: 31 });
    assert.equal(figure?.isReached, false);
  });

  it("does not keep its promise when a repetition failed", () => {
    const result = { ...resultOf([atLeast(0.95, "share", "share", 1)]), failures: ["it broke"] };

    assert.equal(isKept(result), false);
    assert.match(resultTables([result], false), /NOT MEASURED: it broke/);
  });

  it("does not keep a promise with a ping that never came back", () => {
    const pings = [10, 11, Number.POSITIVE_INFINITY];

    const result = resultOf([atMost(30, "ping, p95", "ms", percentile(pings, 0.95))]);

    assert.equal(isKept(result), false);
    assert.match(resultTables([result], false), /at most 30\.0 ms +never +NO/);
  });
});

describe("The lab's table", () => {
  it("shows a figure with its promise, range and what is to be compared with it", () => {
    const result = resultOf(
      [atLeast(0.95, "share", "share", 0.96), beside("MPTCP", "share", 0.99)],
      [atLeast(0.95, "share", "share", 0.98)],
    );

    const [, row = ""] = resultTables([result], true).split("| --- |\n");

    assert.equal(row, "| two lines | share | at least 95.0 % | 97.0 % | 96.0 % to 98.0 % | yes | MPTCP 99.0 % |");
  });
});

describe("The lab's choice of cases", () => {
  it("is by scenario, set of lines, congestion control and direction", () => {
    const options = parseOptions(["one-flow", "--set", "2", "--control", "bbr", "--direction", "up"]);

    const chosen = chooseCases(SCENARIOS, options).map(({ labCase }) => labCase.name);

    assert.deepEqual(chosen, ["50/10 8 ms + 20/5 30 ms: bbr up"]);
  });

  it("has cases of different names in every scenario", () => {
    for (const scenario of SCENARIOS) {
      const names = scenario.cases(parseOptions([])).map(({ name }) => name);

      assert.equal(new Set(names).size, names.length, scenario.name);
    }
  });

  it("refuses a scenario that is not there", () => {
    assert.throws(() => chooseCases(SCENARIOS, parseOptions(["6"])), /there is no scenario 6/);
  });

  it("refuses an option that it does not understand", () => {
    assert.throws(() => parseOptions(["--repeat", "often"]), TypeError);
    assert.throws(() => parseOptions(["--control", "vegas"]), /expected cubic or bbr/);
    assert.throws(() => parseOptions(["--set-key", "scheduler"]), /expected KEY=VALUE/);
  });

  it("gives settings to the file that they are for", () => {
    const { settings } = parseOptions(["--set-key", "scheduler=weighted", "--set-key", "server.mrru=3000"]);

    assert.deepEqual(settings, { client: { scheduler: "weighted" }, server: { mrru: "3000" }, link: {} });
  });
});

describe("The lab's statistics", () => {
  it("take the middle, and the mean of two there", () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.equal(median([]), Number.NaN);
  });

  it("take the nearest rank", () => {
    const values = Array.from({ length: 20 }, (_, index) => index + 1);

    assert.equal(percentile(values, 0.95), 19);
    assert.equal(percentile(values, 1), 20);
  });

  it("count the capacity of a cellular line in the measured time only", () => {
    const opportunities = [0, 999, 1000, 1500, 2000, 9000].map(milliseconds);

    assert.equal(rateWithin({ opportunities, bytesPerOpportunity: bytes(1500) }, 1, 2), 3000);
  });
});
