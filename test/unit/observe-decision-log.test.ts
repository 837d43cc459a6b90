import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DecisionLog, isLogged } from "../../shared/observe/decision-log.ts";
import { createLogger } from "../../shared/observe/log.ts";
import type { Decision } from "../../shared/protocol/decisions.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";

const SILENT: Decision = { kind: "silent", link: "lte", unansweredMs: 171, unansweredPackets: 48 };
const TOO_HIGH: Decision = {
  kind: "configured rate",
  link: "lte",
  verdict: "too high",
  configuredBytesPerSecond: 7_500_000,
  foundBytesPerSecond: 3_875_000,
};

describe("The log of decisions", () => {
  it("says once a minute that a link is silent, and how often it was left out", () => {
    const { log, messages, setTime } = decisionLog();

    for (const time of [0, 59, 61]) {
      setTime(time);
      log.write(SILENT);
    }

    const values = { link: "lte", unansweredMs: 171, unansweredPackets: 48 };
    const msg = "the link went silent: its packets take other links";
    assert.deepEqual(messages(), [
      { ...values, msg },
      { ...values, leftOut: 1, msg },
    ]);
  });

  it("says once an hour and link that a configured rate is wrong", () => {
    const { log, messages, setTime } = decisionLog();

    for (const time of [0, 3599]) {
      setTime(time);
      log.write(TOO_HIGH, { client: "home" });
      log.write({ ...TOO_HIGH, link: "dsl" }, { client: "home" });
    }
    log.write({ ...TOO_HIGH, verdict: "may be too low" }, { client: "home" });

    const rates = { configuredBytesPerSecond: 7_500_000, foundBytesPerSecond: 3_875_000 };
    assert.deepEqual(messages(), [
      { client: "home", link: "lte", ...rates, msg: "the configured rate is too high" },
      { client: "home", link: "dsl", ...rates, msg: "the configured rate is too high" },
      { client: "home", link: "lte", ...rates, msg: "the configured rate may be too low" },
    ]);
  });

  it("says whenever a link gets traffic or not any more", () => {
    const { log, messages } = decisionLog();

    log.write({ kind: "use", link: "lte", use: "reserved", reason: "its quota is used up", retryMs: null });
    log.write({ kind: "use", link: "lte", use: "used", reason: null, retryMs: null });

    assert.deepEqual(messages(), [
      { link: "lte", msg: "link reserved: its quota is used up" },
      { link: "lte", msg: "link used" },
    ]);
  });

  it("leaves to `hawser explain` what is of every day", () => {
    const { log, messages } = decisionLog();
    const daily: Decision = { kind: "bulk begins", link: "lte", waitMs: 24, fartherMs: 22 };

    log.write(daily);
    log.write({ ...TOO_HIGH, verdict: "plausible" });
    log.flush();

    assert.deepEqual(messages(), []);
    assert.deepEqual([daily, SILENT, TOO_HIGH].map(isLogged), [false, true, true]);
  });

  it("says at the end what was left out", () => {
    const { log, messages } = decisionLog();
    for (let count = 0; count < 3; count++) log.write(SILENT);

    log.flush();

    assert.equal(messages().length, 2);
    assert.deepEqual(messages()[1], { kind: "/lte", leftOut: 2, msg: "repeated warnings were left out" });
  });
});

function decisionLog() {
  const lines: string[] = [];
  let time = milliseconds(0);
  const destination = { isTTY: false, write: (line: string) => lines.push(line) };
  const log = new DecisionLog(createLogger({ level: "info", format: "json", destination }), () => time);
  const setTime = (value: number): void => {
    time = seconds(value);
  };
  const messages = (): unknown[] =>
    lines.map((line) => {
      const { level: _level, time: _time, ...rest } = JSON.parse(line);
      return rest;
    });
  return { log, messages, setTime };
}
