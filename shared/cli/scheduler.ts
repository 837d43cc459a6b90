import { didYouMean, showWord } from "../config/did-you-mean.ts";
import { requestScheduler } from "../observe/control-client.ts";
import { schedulersText } from "../observe/scheduler-view.ts";
import { SCHEDULERS, type SchedulerName } from "../protocol/scheduler/schedulers.ts";
import { chooseDaemon, DAEMON_USAGE } from "./choose-daemon.ts";
import type { Command, CommandIo } from "./command.ts";
import { EXIT_CODES, UsageError } from "./command.ts";
import { readOptions, refusePositionals } from "./options.ts";

/** `hawser scheduler`: shows and switches how a running daemon spreads what it sends. */
export const SCHEDULER: Command = {
  name: "scheduler",
  summary: "show or switch how packets are spread over the links",
  usage: `Usage: hawser scheduler [NAME] [--bundle CLIENT] [--interface INTERFACE] [--json]

Shows the scheduler of each bundle of a running daemon, or switches to NAME, for what
this end sends; the other end has its own. Nothing is lost: what waits already is spread
in the new way too. The file's scheduler holds again once the daemon starts anew.
${DAEMON_USAGE}

Names:
  earliest-arrival  each packet takes the link on which it arrives first, bulk
                    as many links as it fills
  weighted          always by bandwidth
  redundant         every packet over every link
  failover          everything over the best link, over the next while that is down

Options:
  --bundle CLIENT        only this client's bundle, on a server, until it ends; else
                         all of them, and those that begin later
  --interface INTERFACE  ask this daemon
  --json                 print the schedulers as JSON
  --help                 show this help`,
  run,
};

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readOptions(args, {
    bundle: { type: "string" },
    interface: { type: "string" },
    json: { type: "boolean" },
  });
  const [name, ...others] = positionals;
  refusePositionals(others, "one NAME at most");
  const to = name === undefined ? undefined : schedulerName(name);
  const answer = await requestScheduler(await chooseDaemon(values.interface), { bundle: values.bundle, to });
  if (values.bundle !== undefined && answer.bundles.length === 0) {
    throw new UsageError(`there is no bundle "${values.bundle}"`);
  }
  io.stdout(values.json === true ? `${JSON.stringify(answer, undefined, 2)}\n` : schedulersText(answer));
  return EXIT_CODES.done;
}

/** Throws `UsageError` for a name that no scheduler has. */
function schedulerName(word: string): SchedulerName {
  const name = SCHEDULERS.find((candidate) => candidate === word);
  if (name !== undefined) return name;
  const known = `there are ${SCHEDULERS.join(", ")}`;
  throw new UsageError(`unknown scheduler ${showWord(word)}: ${known}${didYouMean(word, SCHEDULERS)}`);
}
