import type { Command } from "./command.ts";

/** The commands in the order of the help, each loaded only when it is wanted: `hawser genkey` needs no daemon. */
const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  client: async () => (await import("./client.ts")).CLIENT,
  server: async () => (await import("./server.ts")).SERVER,
  genkey: async () => (await import("./genkey.ts")).GENKEY,
  check: loadCheck,
  status: async () => (await import("./status.ts")).STATUS,
  explain: async () => (await import("./explain.ts")).EXPLAIN,
  scheduler: async () => (await import("./scheduler.ts")).SCHEDULER,
  capture: async () => (await import("./capture.ts")).CAPTURE,
};

/** The names of all commands. */
export const COMMAND_NAMES: readonly string[] = Object.keys(LOADERS);

/** Loads the command of a name; undefined when there is none. */
export async function loadCommand(name: string): Promise<Command | undefined> {
  return Object.hasOwn(LOADERS, name) ? LOADERS[name]?.() : undefined;
}

/** Loads all commands, for the list of them. */
export async function loadCommands(): Promise<readonly Command[]> {
  return Promise.all(Object.values(LOADERS).map((load) => load()));
}

async function loadCheck(): Promise<Command> {
  const { checkCommand } = await import("./check.ts");
  return checkCommand({
    planClient: async (config) => (await import("../../client/main.ts")).planClient(config),
    planServer: async (config) => (await import("../../server/main.ts")).planServer(config),
  });
}
