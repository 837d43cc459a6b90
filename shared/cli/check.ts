import { type ClientConfig, readClientConfig } from "../../client/client-config.ts";
import { readServerConfig, type ServerConfig } from "../../server/server-config.ts";
import { readConfigFile } from "../config/config-file.ts";
import { refuseWithoutGeneral, roleOf } from "../config/general-config.ts";
import type { IniFile } from "../config/ini-file.ts";
import { placeOf } from "../config/read-section.ts";
import { compileFilters } from "../runtime/system/packet-filter-compiler.ts";
import { describeClient } from "./check-client.ts";
import type { CheckReport } from "./check-common.ts";
import { describeServer } from "./check-server.ts";
import { type Command, type CommandIo, EXIT_CODES, UsageError } from "./command.ts";
import { readOptions, refusePositionals } from "./options.ts";
import { resolveHosts } from "./resolve-hosts.ts";

/** Who knows what the daemons would do to this machine, a line each. */
export type Planners = {
  readonly planClient: (config: ClientConfig) => Promise<readonly string[]>;
  readonly planServer: (config: ServerConfig) => Promise<readonly string[]>;
};

/** `hawser check FILE`, with the plans of the given daemons. */
export function checkCommand(planners: Planners): Command {
  return {
    name: "check",
    summary: "read a configuration file and say what would happen",
    usage: `Usage: hawser check FILE

Reads the file as the daemon would, looks up the hosts that it names, and prints
what is in it, what the daemon would do to this machine, and what looks doubtful.
Nothing is changed. Exit code 2: the file has mistakes, each with its line;
1: a host cannot be found.

Options:
  --help    show this help`,
    run: async (args, io) => {
      const { positionals } = readOptions(args, {});
      const [file, ...others] = positionals;
      if (file === undefined) throw new UsageError("which FILE is to be checked?");
      refusePositionals(others, "one FILE at a time");
      return check(file, planners, io);
    },
  };
}

async function check(file: string, planners: Planners, io: CommandIo): Promise<number> {
  const ini = readConfigFile(file);
  const role = roleOf(ini);
  if (role === "client") {
    const config = readClientConfig(ini);
    await compileFilters(config.filters);
    const hosts = await resolveHosts(config.links.map((link) => link.remoteHost));
    return print(describeClient(config, hosts), await planners.planClient(config), io);
  }
  if (role === "server") {
    const config = readServerConfig(ini);
    return print(describeServer(config), await planners.planServer(config), io);
  }
  return refuseWithoutRole(ini);
}

function refuseWithoutRole(ini: IniFile): never {
  const general = ini.sections.get("general") ?? refuseWithoutGeneral(ini);
  ini.problems.add(
    placeOf(ini, general, "mode"),
    `expected "client" or "server": which of the two is this file for?`,
  );
  return ini.problems.raise();
}

function print(report: CheckReport, plan: readonly string[], io: CommandIo): number {
  const warnings = report.warnings.map((warning) => `warning: ${warning}`);
  const steps = plan.length === 0 ? [] : ["would do:", ...plan.map((step) => `  ${step}`)];
  io.stdout([...report.lines, ...steps, ...warnings].map((line) => `${line}\n`).join(""));
  return report.isUsable ? EXIT_CODES.done : EXIT_CODES.failed;
}
