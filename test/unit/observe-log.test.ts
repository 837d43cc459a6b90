import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { LimitedLog } from "../../shared/observe/limited-log.ts";
import { createLogger, type LoggerOptions } from "../../shared/observe/log.ts";
import { formatText } from "../../shared/observe/text-format.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";

const NOON = new Date(2026, 2, 4, 12, 3, 4, 567).toISOString();

describe("A logger", () => {
  it("writes JSON lines with the level's name and an ISO time", () => {
    const { lines, destination } = collect();
    const log = createLogger({ level: "info", format: "json", destination });

    log.info({ link: "dsl1", rttMs: 12.3 }, "link up");

    assert.match(lines[0] ?? "", /"time":"\d{4}-\d\d-\d\dT[\d:.]+Z"/);
    assert.match(lines[0] ?? "", /"level":"info".*"link":"dsl1","rttMs":12.3,"msg":"link up"/);
  });

  it("writes readable lines to a terminal and JSON elsewhere when the format is auto", () => {
    const terminal = collect(true);
    const file = collect(false);

    createLogger({ level: "info", format: "auto", destination: terminal.destination }).info("ready");
    createLogger({ level: "info", format: "auto", destination: file.destination }).info("ready");

    assert.match(terminal.lines[0] ?? "", /^\d\d:\d\d:\d\d\.\d{3} INFO {2}ready\n$/);
    assert.match(file.lines[0] ?? "", /^\{/);
  });

  it("leaves out what is below its level", () => {
    const { lines, destination } = collect();

    createLogger({ level: "warn", format: "json", destination }).info("ready");

    assert.deepEqual(lines, []);
  });

  for (const format of ["json", "text"] as const) {
    it(`never writes a secret in ${format}`, () => {
      const { lines, destination } = collect();
      const log = createLogger({ level: "info", format, destination });

      log.info({ password: "hunter2", session: { key: "hunter2", psk: "hunter2" }, mtu: 1420 }, "configured");

      assert.doesNotMatch(lines.join(""), /hunter2/);
      assert.match(lines.join(""), /redacted/);
      assert.match(lines.join(""), /1420/);
    });
  }

  it("has written everything to standard error when the process exits at once", async () => {
    const module = fileURLToPath(new URL("../../shared/observe/log.js", import.meta.url));
    const script = `import { createLogger } from ${JSON.stringify(module)};
      const log = createLogger({ level: "info", format: "auto" });
      for (let line = 0; line < 500; line++) log.info({ line }, "last words");
      process.exit(0);`;

    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);

    assert.equal(stderr.trimEnd().split("\n").length, 500);
    assert.equal(stdout, "");
  });
});

describe("A readable log line", () => {
  it("shows time, level, message and fields, with the unit after the number", () => {
    const line = JSON.stringify({ level: "info", time: NOON, link: "dsl1", rttMs: 12.3, msg: "link up" });

    assert.equal(formatText(line), "12:03:04.567 INFO  link up  link=dsl1 rtt=12.3ms\n");
  });

  it("quotes values with spaces and writes objects as JSON", () => {
    const line = JSON.stringify({
      level: "debug",
      time: NOON,
      why: "no answer",
      at: { port: 1 },
      none: "",
      msg: "x",
    });

    assert.equal(formatText(line), `12:03:04.567 DEBUG x  why="no answer" at={"port":1} none=""\n`);
  });

  it("shows an error's message in the line and its stack below", () => {
    const err = { type: "Error", message: "went wrong", stack: "Error: went wrong\n    at a.ts:1" };
    const line = JSON.stringify({ level: "error", time: NOON, err, msg: "bug" });

    assert.equal(
      formatText(line),
      `12:03:04.567 ERROR bug  err="went wrong"\n    Error: went wrong\n    at a.ts:1\n`,
    );
  });

  it("keeps control characters of the other end from the terminal", () => {
    const line = JSON.stringify({ level: "info", time: NOON, link: "a\u001b[2Jb\u009bc", msg: "up\nforged" });

    assert.equal(formatText(line), "12:03:04.567 INFO  up\\u000aforged  link=a\\u001b[2Jb\\u009bc\n");
  });

  it("passes on what is not a line of the logger", () => {
    assert.equal(formatText("plain words\n"), "plain words\n");
  });
});

describe("A limited log", () => {
  it("writes a repeated warning once per interval and says how many were left out", () => {
    const { log, messages, setTime } = limited();

    for (let time = 0; time <= 10_000; time += 100) {
      setTime(time);
      log.warn("send dsl1", { link: "dsl1" }, "send failed");
    }

    assert.deepEqual(messages(), [
      { link: "dsl1", msg: "send failed" },
      { link: "dsl1", leftOut: 99, msg: "send failed" },
    ]);
  });

  it("tells kinds apart", () => {
    const { log, messages } = limited();

    log.warn("send dsl1", {}, "send failed");
    log.warn("send lte", {}, "send failed");

    assert.equal(messages().length, 2);
  });

  it("says at the end what was left out since", () => {
    const { log, messages } = limited();
    for (let time = 0; time < 4; time++) log.warn("send dsl1", {}, "send failed");

    log.flush();

    assert.deepEqual(messages()[1], { kind: "send dsl1", leftOut: 3, msg: "repeated warnings were left out" });
  });

  it("counts a flood of different kinds together", () => {
    const { log, messages } = limited();

    for (let kind = 0; kind < 5000; kind++) log.warn(`stranger ${kind}`, {}, "bad handshake");

    assert.equal(messages().length, 1001);
  });
});

function collect(isTTY = false): { lines: string[]; destination: NonNullable<LoggerOptions["destination"]> } {
  const lines: string[] = [];
  return { lines, destination: { isTTY, write: (line) => void lines.push(line) } };
}

function limited() {
  const { lines, destination } = collect();
  let time = milliseconds(0);
  const log = new LimitedLog(createLogger({ level: "info", format: "json", destination }), seconds(10), () => time);
  const setTime = (value: number): void => {
    time = milliseconds(value);
  };
  const messages = (): unknown[] =>
    lines.map((line) => {
      const { level: _level, time: _time, ...rest } = JSON.parse(line);
      return rest;
    });
  return { log, messages, setTime };
}
