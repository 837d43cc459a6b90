import { parseArgs } from "node:util";
import type { Direction } from "../relay/messages.ts";
import type { Control } from "../toolkit/iperf.ts";
import { type DaemonSettings, optionalNumber, parseSettings } from "../toolkit/option-values.ts";

/** What the command line says about a run of the lab. */
export type LabOptions = {
  /** Names of the scenarios to run; all when empty. */
  readonly names: readonly string[];
  /** Which cases of them to run; all of those that a choice leaves undefined. */
  readonly choice: Choice;
  readonly repetitions: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Whether each line alone and kernel MPTCP are measured as well. */
  readonly compares: boolean;
  readonly settings: DaemonSettings;
  readonly traces: string | undefined;
  readonly showsTrace: boolean;
  readonly keepsLogs: boolean;
  readonly checks: boolean;
  readonly isMarkdown: boolean;
  readonly jsonFile: string | undefined;
  readonly isList: boolean;
  readonly isHelp: boolean;
};

/** What a case must agree with to be run. Sets are counted from 1. */
export type Choice = {
  readonly set?: number | undefined;
  readonly control?: Control | undefined;
  readonly direction?: Direction | undefined;
  /** What the case's name is to contain. */
  readonly text?: string | undefined;
};

export const USAGE = `npm run lab -- [NAME...] [OPTION...]
  NAME                   scenarios to run, by number or name; all when left out
  --help                 show this
  --list                 say which scenarios and cases there are, and measure nothing
  --set N --control cubic|bbr --direction down|up
                         only the cases with this set of lines, congestion control, direction
  --case TEXT            only the cases with this text in their names
  --repeat N             measure each case so many times; 3 when left out
  --seconds N, --warm-up N
                         measure for so long after so long; 10 and 3 when left out
  --no-compare           leave out each line alone and kernel MPTCP
  --quick                --repeat 1 --seconds 5 --no-compare, where those are not given
  --traces DIR           recorded cellular capacity, in Mahimahi's format, NAME.down and NAME.up
  --set-key KEY=VALUE    a setting for [general] of the client's file; server.KEY and link.KEY for the others
  --trace                print what the sender's TCP did, every 100 ms
  --keep-logs            print both daemons' status, and keep their files and logs
  --markdown             print the table in markdown
  --json FILE            write every figure to a file
  --check                exit with code 1 when a promise is not reached`;

/** Reads the arguments. Throws a TypeError with a text for people when they cannot be understood. */
export function parseOptions(args: readonly string[]): LabOptions {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: ARGUMENTS });
  const isQuick = values.quick === true;
  return {
    names: positionals,
    choice: {
      set: optionalNumber("set", values.set),
      control: oneOf("control", ["cubic", "bbr"], values.control),
      direction: oneOf("direction", ["down", "up"], values.direction),
      text: values.case,
    },
    repetitions: optionalNumber("repeat", values.repeat) ?? (isQuick ? 1 : 3),
    warmUpSeconds: optionalNumber("warm-up", values["warm-up"]) ?? 3,
    seconds: optionalNumber("seconds", values.seconds) ?? (isQuick ? 5 : 10),
    compares: !(isQuick || values["no-compare"] === true),
    settings: parseSettings(values["set-key"] ?? []),
    traces: values.traces,
    showsTrace: values.trace === true,
    keepsLogs: values["keep-logs"] === true,
    checks: values.check === true,
    isMarkdown: values.markdown === true,
    jsonFile: values.json,
    isList: values.list === true,
    isHelp: values.help === true,
  };
}

const ARGUMENTS = {
  help: { type: "boolean" },
  list: { type: "boolean" },
  set: { type: "string" },
  control: { type: "string" },
  direction: { type: "string" },
  case: { type: "string" },
  repeat: { type: "string" },
  seconds: { type: "string" },
  "warm-up": { type: "string" },
  "no-compare": { type: "boolean" },
  quick: { type: "boolean" },
  traces: { type: "string" },
  "set-key": { type: "string", multiple: true },
  trace: { type: "boolean" },
  "keep-logs": { type: "boolean" },
  markdown: { type: "boolean" },
  json: { type: "string" },
  check: { type: "boolean" },
} as const;

function oneOf<T extends string>(name: string, allowed: readonly T[], text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  const found = allowed.find((one) => one === text);
  if (found === undefined) throw new TypeError(`--${name} ${text}: expected ${allowed.join(" or ")}`);
  return found;
}
