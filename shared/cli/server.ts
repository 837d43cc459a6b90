import type { Command } from "./command.ts";
import { daemonUsage, readDaemonOptions } from "./daemon-options.ts";

/** `hawser server`: the daemon, in the foreground. */
export const SERVER: Command = {
  name: "server",
  summary: "serve clients, and be their way to the internet",
  usage: `Usage: hawser server [-c FILE] [--dry-run] [--log-level LEVEL]

Lets clients in and forwards their packets until it is told to stop by SIGTERM or
SIGINT, then undoes what it did to addresses, NAT and forwarding. On SIGUSR2 it
stops too, but leaves the NAT to a server that is started at once, so that the
clients' connections outlive the restart.

${daemonUsage("server")}`,
  run: async (args, io) => {
    const { file, isDryRun, logLevel } = readDaemonOptions(args, "server");
    const { loadServerConfig } = await import("../../server/server-config.ts");
    const config = loadServerConfig(file);
    const { runServer } = await import("../../server/main.ts");
    const chosen = logLevel === undefined ? config : { ...config, logLevel };
    return runServer(chosen, { dryRun: isDryRun, signal: io.signal });
  },
};
