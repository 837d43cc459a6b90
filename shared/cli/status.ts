import { setTimeout as delay } from "node:timers/promises";
import { requestStatus } from "../observe/control-client.ts";
import { statusText } from "../observe/status-view.ts";
import { chooseDaemon, DAEMON_USAGE } from "./choose-daemon.ts";
import type { Command, CommandIo } from "./command.ts";
import { EXIT_CODES } from "./command.ts";
import { readOptions, refusePositionals } from "./options.ts";

const WATCH_INTERVAL_MS = 1000;
const CURSOR_HOME_AND_CLEAR = "\x1b[H\x1b[2J";

/** `hawser status`: what a running daemon says of itself. */
export const STATUS: Command = {
  name: "status",
  summary: "show what a running daemon does with its links",
  usage: `Usage: hawser status [INTERFACE] [--json] [--watch]

Shows each bundle and its links: state and why, round-trip time, loss, what each
carries now of what it may, and its share; then reordering and what was dropped.
${DAEMON_USAGE}

Options:
  --json     print the whole snapshot as JSON: rates in bytes per second, times in
             milliseconds, shares and loss from 0 to 1, null for "not known"
  --watch    print it again every second until interrupted
  --help     show this help`,
  run,
};

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readOptions(args, { json: { type: "boolean" }, watch: { type: "boolean" } });
  const [interfaceName, ...others] = positionals;
  refusePositionals(others, "one INTERFACE at most");
  const path = await chooseDaemon(interfaceName);
  const isTerminal = process.stdout.isTTY === true;
  for (;;) {
    const snapshot = await requestStatus(path);
    const text = values.json === true ? `${JSON.stringify(snapshot, undefined, 2)}\n` : statusText(snapshot);
    io.stdout(values.watch === true && isTerminal ? CURSOR_HOME_AND_CLEAR + text : text);
    if (values.watch !== true || (await isStopped(io.signal))) return EXIT_CODES.done;
    if (!isTerminal && values.json !== true) io.stdout("\n");
  }
}

async function isStopped(signal: AbortSignal): Promise<boolean> {
  await delay(WATCH_INTERVAL_MS, undefined, { signal }).catch(() => {});
  return signal.aborted;
}
