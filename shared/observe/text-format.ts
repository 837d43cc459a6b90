import { printable } from "./people-text.ts";

/** Fields of a line that have a place of their own in the readable format. */
const PLACED_FIELDS = new Set(["level", "time", "msg", "err"]);
const LEVEL_WIDTH = 5;

/**
 * One line of JSON from the logger as one readable line, `12:03:04.567 INFO  link up  link=dsl1 rtt=12.3ms`: local
 * time, level, message, fields. The stack of an error follows on lines of its own. Anything else comes back as it is.
 */
export function formatText(line: string): string {
  const record = parseRecord(line);
  if (record === undefined) return line;
  const fields = Object.entries(record).filter(([name]) => !PLACED_FIELDS.has(name));
  const level = String(record["level"] ?? "").toUpperCase();
  const parts = [
    `${clockTime(record["time"])} ${level.padEnd(LEVEL_WIDTH)} ${printable(String(record["msg"] ?? ""))}`,
  ];
  const { summary, stack } = describeError(record["err"]);
  const shown = [...fields.map(([name, value]) => formatField(name, value)), ...summary];
  if (shown.length > 0) parts.push(shown.join(" "));
  return `${parts.join("  ")}\n${stack}`;
}

function formatField(name: string, value: unknown): string {
  // House rule: a field's name ends with its unit, so `rttMs: 12.3` reads `rtt=12.3ms`.
  if (name.endsWith("Ms") && typeof value === "number") {
    return `${name.slice(0, -2)}=${Number(value.toFixed(3))}ms`;
  }
  return `${name}=${formatValue(value)}`;
}

function formatValue(value: unknown): string {
  if (typeof value !== "string") return printable(JSON.stringify(value) ?? "undefined");
  return value === "" || /[\s"=]/.test(value) ? printable(JSON.stringify(value)) : printable(value);
}

function describeError(error: unknown): { summary: readonly string[]; stack: string } {
  if (!isRecord(error)) return { summary: error === undefined ? [] : [formatField("err", error)], stack: "" };
  const summary = [`err=${formatValue(String(error["message"] ?? error["type"] ?? ""))}`];
  const stack = typeof error["stack"] === "string" ? error["stack"] : "";
  const lines = stack.split("\n").map((text) => `    ${printable(text.trim())}\n`);
  return { summary, stack: stack === "" ? "" : lines.join("") };
}

function clockTime(time: unknown): string {
  const date = new Date(typeof time === "string" || typeof time === "number" ? time : Number.NaN);
  if (Number.isNaN(date.getTime())) return "--:--:--.---";
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) =>
    pad(part, 2),
  );
  return `${hours}:${minutes}:${seconds}.${pad(date.getMilliseconds(), 3)}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

function parseRecord(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
