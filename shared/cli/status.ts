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
  usage: `Usage: hawser status [INTERFACE] [--verbose] [--json] [--watch]

Shows each bundle: its queue, what was sent again, reordering and what was dropped;
then its links: state, round-trip time, what each carries now, its share and loss of
both directions, and why it carries what it does. What an end sends, it shares out
itself: why downloads come as they do, the server's status says.
${DAEMON_USAGE}

Options:
  -v, --verbose  say all that is known of each link: its path, the rate that was
                 found and how sure it is, queueing delay, jitter, quota
  --json         print the whole snapshot as JSON: rates in bytes per second, times
                 in milliseconds, shares, loss and confidence from 0 to 1, null for
                 "not known"
  --watch        print it again every second until interrupted
  --help         show this help`,
  run,
};

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readOptions(args, {
    json: { type: "boolean" },
    watch: { type: "boolean" },
    verbose: { type: "boolean", short: "v" },
  });
  const [interfaceName, ...others] = positionals;
  refusePositionals(others, "one INTERFACE at most");
  const path = await chooseDaemon(interfaceName);
  const isTerminal = process.stdout.isTTY === true;
  for (;;) {
    const snapshot = await requestStatus(path);
    const detail = values.verbose === true ? "verbose" : "short";
    const text = values.json === true ? `${JSON.stringify(snapshot, undefined, 2)}\n` : statusText(snapshot, detail);
    io.stdout(values.watch === true && isTerminal ? CURSOR_HOME_AND_CLEAR + text : text);
    if (values.watch !== true || (await isStopped(io.signal))) return EXIT_CODES.done;
    if (!isTerminal && values.json !== true) io.stdout("\n");
  }
}

async function isStopped(signal: AbortSignal): Promise<boolean> {
  await delay(WATCH_INTERVAL_MS, undefined, { signal }).catch(() => {});
  return signal.aborted;
}
