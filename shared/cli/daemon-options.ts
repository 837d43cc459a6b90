import { didYouMean } from "../config/did-you-mean.ts";
import { LOG_LEVELS, type LogLevel, type Role } from "../config/kinds.ts";
import { UsageError } from "./command.ts";
import { readOptions, refusePositionals } from "./options.ts";

/** What the command line of a daemon says. */
export type DaemonOptions = {
  readonly file: string;
  readonly isDryRun: boolean;
  /** In place of the file's log_level. */
  readonly logLevel: LogLevel | undefined;
};

/** The file that a daemon reads when none is named. */
export function defaultConfigFile(role: Role): string {
  return `/etc/hawser/${role}.conf`;
}

/** The help text of a daemon's options. */
export function daemonUsage(role: Role): string {
  return `Options:
  -c, --config FILE   the configuration; ${defaultConfigFile(role)} when left out
  --dry-run           print what would be done to this machine, and do nothing
  --log-level LEVEL   ${LOG_LEVELS.join(", ")};
                      in place of log_level in the file
  --help              show this help`;
}

/** Reads the command line of a daemon. Throws `UsageError`. */
export function readDaemonOptions(args: readonly string[], role: Role): DaemonOptions {
  const { values, positionals } = readOptions(args, {
    config: { type: "string", short: "c" },
    "dry-run": { type: "boolean" },
    "log-level": { type: "string" },
  });
  refusePositionals(positionals, "the file is given as -c FILE");
  return {
    file: values.config ?? defaultConfigFile(role),
    isDryRun: values["dry-run"] === true,
    logLevel: readLogLevel(values["log-level"]),
  };
}

function readLogLevel(text: string | undefined): LogLevel | undefined {
  const level = LOG_LEVELS.find((candidate) => candidate === text);
  if (level === undefined && text !== undefined) {
    throw new UsageError(`unknown log level "${text}"${didYouMean(text, LOG_LEVELS)}`);
  }
  return level;
}
