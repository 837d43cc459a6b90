import { requestExplanation } from "../observe/control-client.ts";
import type { Explanation } from "../observe/explanation.ts";
import { explanationText } from "../observe/explanation-view.ts";
import { chooseDaemon, DAEMON_USAGE } from "./choose-daemon.ts";
import type { Command, CommandIo } from "./command.ts";
import { EXIT_CODES, UsageError } from "./command.ts";
import { readOptions, refusePositionals } from "./options.ts";

/** `hawser explain`: what a running daemon decided about its links, and by which measured values. */
export const EXPLAIN: Command = {
  name: "explain",
  summary: "say what was decided about links lately, and why",
  usage: `Usage: hawser explain [LINK] [--bundle NAME] [--interface INTERFACE] [--json]

Shows the last decisions of a running daemon about LINK, or about all links, the
newest last: that a link fell silent or answers again, that its rate has changed,
that bulk uses it or no longer does, and the measured values behind each.
${DAEMON_USAGE}

Options:
  --bundle NAME          only this client's links, on a server
  --interface INTERFACE  ask this daemon
  --json                 print the decisions with all values as JSON
  --help                 show this help`,
  run,
};

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readOptions(args, {
    bundle: { type: "string" },
    interface: { type: "string" },
    json: { type: "boolean" },
  });
  const [link, ...others] = positionals;
  refusePositionals(others, "one LINK at most");
  const path = await chooseDaemon(values.interface);
  const explanation = await requestExplanation(path, { link, bundle: values.bundle });
  requireKnown(explanation, link, values.bundle);
  const isJson = values.json === true;
  io.stdout(isJson ? `${JSON.stringify(explanation, undefined, 2)}\n` : explanationText(explanation, new Date()));
  return EXIT_CODES.done;
}

/** Throws `UsageError` for a bundle that there is not, and for a link that no bundle has or had lately. */
function requireKnown({ bundles }: Explanation, link: string | undefined, bundle: string | undefined): void {
  if (bundle !== undefined && bundles.length === 0) throw new UsageError(`there is no bundle "${bundle}"`);
  if (link === undefined || bundles.length === 0) return;
  const names = [...new Set(bundles.flatMap(({ links }) => links))];
  if (names.includes(link) || bundles.some(({ decisions }) => decisions.length > 0)) return;
  throw new UsageError(`there is no link "${link}": there are ${names.join(", ")}`);
}
