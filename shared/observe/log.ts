import { type DestinationStream, type Logger, pino } from "pino";
import { formatText } from "./text-format.ts";

export type { Logger } from "pino";

/** The names of pino's levels, from the least to the most severe, and none at all. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

/** How log lines look: JSON, one readable line each, or readable when the output is a terminal and JSON otherwise. */
export type LogFormat = "auto" | "json" | "text";

/** Where finished log lines go; `isTTY` decides what "auto" means. */
export type LogDestination = { readonly isTTY?: boolean; write(line: string): void };

export type LoggerOptions = {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Standard error when not given, so that standard output stays free for what a command prints. */
  readonly destination?: LogDestination;
};

/** Fields whose values never reach a log, at the top of a line's fields or one level down. */
const SECRET_FIELDS = [
  "password",
  "passphrase",
  "secret",
  "psk",
  "key",
  "keys",
  "privateKey",
  "sharedSecret",
  "token",
];
const STANDARD_ERROR = 2;

/** The daemon's logger. Lines are written before the call returns, so that nothing is lost at exit or in a crash. */
export function createLogger(options: LoggerOptions): Logger {
  const destination = options.destination ?? standardError();
  const isText = options.format === "text" || (options.format === "auto" && destination.isTTY === true);
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: "[redacted]" },
    },
    isText ? textStream(destination) : destination,
  );
}

function textStream(destination: LogDestination): DestinationStream {
  return { write: (line) => destination.write(formatText(line)) };
}

function standardError(): LogDestination {
  const stream = pino.destination({ fd: STANDARD_ERROR, sync: true });
  // A log reader that went away (EPIPE) must not take the tunnel down with it.
  stream.on("error", () => {});
  return { isTTY: process.stderr.isTTY === true, write: (line) => stream.write(line) };
}
