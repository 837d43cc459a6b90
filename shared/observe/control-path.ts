import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";

const SUFFIX = ".sock";

/**
 * Where the daemons' control sockets and other state of the running system live. `HAWSER_RUN_DIRECTORY` in the
 * environment moves it, for daemons and commands alike: two daemons in two network namespaces share one file system
 * and may use the same interface name.
 */
export function runDirectory(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  return environment["HAWSER_RUN_DIRECTORY"] || "/run/hawser";
}

/** The control socket of the daemon that owns this interface. */
export function controlSocketPath(interfaceName: string, directory: string = runDirectory()): string {
  return join(directory, `${interfaceName}${SUFFIX}`);
}

/** The interface names that have a control socket, sorted, whether its daemon lives or not. Throws errno errors. */
export async function listInterfaces(directory: string = runDirectory()): Promise<string[]> {
  const names = await readdir(directory);
  return names
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => basename(name, SUFFIX))
    .sort();
}
