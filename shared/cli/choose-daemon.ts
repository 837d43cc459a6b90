import { controlSocketPath, listInterfaces, runDirectory } from "../observe/control-path.ts";
import { errnoName } from "../observe/errno.ts";
import { SystemError } from "../runtime/system-error.ts";
import { UsageError } from "./command.ts";

/** How a command's help explains which daemon it asks. */
export const DAEMON_USAGE = `INTERFACE is the daemon's interface_name, or the path of its control_socket; it may be
left out when there is one daemon.`;

/**
 * The control socket of the daemon that a command is about: the path itself, that of the named interface, or the only
 * one there is. Throws a `SystemError` when no daemon runs and a `UsageError` when none is named and several do.
 */
export async function chooseDaemon(interfaceOrPath: string | undefined): Promise<string> {
  const directory = runDirectory();
  if (interfaceOrPath?.includes("/") === true) return interfaceOrPath;
  if (interfaceOrPath !== undefined) return controlSocketPath(interfaceOrPath, directory);
  const names = await interfaces(directory);
  const [first] = names;
  if (first === undefined) throw noDaemon(directory);
  if (names.length > 1) throw new UsageError(`there are several interfaces, name one of them: ${names.join(", ")}`);
  return controlSocketPath(first, directory);
}

async function interfaces(directory: string): Promise<string[]> {
  try {
    return await listInterfaces(directory);
  } catch (error) {
    const code = errnoName(error);
    if (code === "ENOENT") throw noDaemon(directory);
    const hint = code === "EACCES" ? "only root may ask the daemon" : "";
    throw new SystemError({ code, operation: `read ${directory}`, hint, cause: error });
  }
}

function noDaemon(directory: string): SystemError {
  const hint = `no daemon is running: start one with "hawser client -c FILE" or "hawser server -c FILE"`;
  return new SystemError({ code: "ENOENT", operation: `find a control socket in ${directory}`, hint });
}
