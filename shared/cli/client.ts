import type { Command } from "./command.ts";
import { daemonUsage, readDaemonOptions } from "./daemon-options.ts";

/** `hawser client`: the daemon, in the foreground. */
export const CLIENT: Command = {
  name: "client",
  summary: "connect this machine to a server over all its links",
  usage: `Usage: hawser client [-c FILE] [--dry-run] [--log-level LEVEL]

Opens the tunnel and keeps it open over every link of the file until it is told to
stop by SIGTERM or SIGINT, then undoes what it did to routes and addresses.

${daemonUsage("client")}`,
  run: async (args, io) => {
    const { file, isDryRun, logLevel } = readDaemonOptions(args, "client");
    const { loadClientConfig } = await import("../../client/client-config.ts");
    const config = loadClientConfig(file);
    const { runClient } = await import("../../client/main.ts");
    const chosen = logLevel === undefined ? config : { ...config, logLevel };
    return runClient(chosen, { dryRun: isDryRun, signal: io.signal });
  },
};
