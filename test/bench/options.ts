import { parseArgs } from "node:util";
import { type DaemonSettings, optionalNumber, parseSettings } from "../lab/toolkit/option-values.ts";

/** What the command line says about a run of the benchmark. */
export type BenchOptions = {
  /** Names of cases, or of groups of them; the usual ones when empty. */
  readonly names: readonly string[];
  /** Names of subjects; all when empty. */
  readonly subjects: readonly string[];
  /** Programs that set up further subjects. */
  readonly adapters: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  /** The same for what is to show how Hawser endures. */
  readonly minuteSeconds: number;
  /** How many clients the case with many of them has, one after another. */
  readonly clients: readonly number[];
  /** How many links each of them has. */
  readonly links: number;
  readonly settings: DaemonSettings;
  readonly jsonFile: string;
  readonly isMarkdown: boolean;
  readonly isList: boolean;
  readonly isHelp: boolean;
};

const LINKS = 2;
const CLIENTS = "1,10,100,1000";

export const USAGE = `npm run bench -- [NAME...] [OPTION...]
  NAME                   cases or groups of cases, such as tcp-1 or "tcp-1 down"; micro: the steps of a
                         packet's way; minute: a minute at full speed; scale: many
                         clients; all but minute and scale when left out
  --help                 show this
  --list                 say which cases and subjects there are, and measure nothing
  --subjects NAME,NAME   only these subjects
  --adapter FILE         a program that sets up one more subject; more than one may be given
  --repeat N             measure so many rounds; 5 when left out
  --seconds N            measure each for so long; 5 when left out, 60 for minute
  --clients N,N          how many clients scale has; 1,10,100,1000 when left out
  --links N              how many links each of these has; 2 when left out
  --set-key KEY=VALUE    a setting for [general] of Hawser's client file; server.KEY and link.KEY for the others
  --markdown             print the tables in markdown
  --json FILE            where every measurement is written; bench.json in this folder when left out`;

/** Reads the arguments. Throws a TypeError with a text for people when they cannot be understood. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: ARGUMENTS });
  return {
    names: positionals,
    subjects: (values.subjects ?? "").split(",").filter(Boolean),
    adapters: values.adapter ?? [],
    rounds: optionalNumber("repeat", values.repeat) ?? 5,
    seconds: optionalNumber("seconds", values.seconds) ?? 5,
    minuteSeconds: optionalNumber("seconds", values.seconds) ?? 60,
    clients: counts("clients", values.clients ?? CLIENTS),
    links: optionalNumber("links", values.links) ?? LINKS,
    settings: parseSettings(values["set-key"] ?? []),
    jsonFile: values.json ?? "bench.json",
    isMarkdown: values.markdown === true,
    isList: values.list === true,
    isHelp: values.help === true,
  };
}

function counts(name: string, text: string): number[] {
  return text.split(",").map((count) => optionalNumber(name, count) ?? 1);
}

const ARGUMENTS = {
  help: { type: "boolean" },
  list: { type: "boolean" },
  subjects: { type: "string" },
  adapter: { type: "string", multiple: true },
  repeat: { type: "string" },
  seconds: { type: "string" },
  clients: { type: "string" },
  links: { type: "string" },
  "set-key": { type: "string", multiple: true },
  markdown: { type: "boolean" },
  json: { type: "string" },
} as const;
