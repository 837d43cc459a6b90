import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runAtExit } from "./run-command.ts";

const COMMANDS = ["ip", "nft", "sysctl", "ping"] as const;

/**
 * What this machine lacks to run the lab, in words for the report of skipped tests, or false when it lacks nothing: the
 * `skip` option of a lab's tests. `commands` are further commands that a test needs.
 */
export function missingForLab(commands: readonly string[] = []): string | false {
  if (process.getuid?.() !== 0) return "needs root, for network namespaces and TUN devices";
  const missing = missingCommands([...COMMANDS, ...commands]);
  if (missing !== undefined) return missing;
  if (!isUsable("/dev/net/tun", constants.R_OK | constants.W_OK)) return "needs /dev/net/tun";
  if (!mayMakeNamespaces()) return "needs the privilege to make network namespaces (CAP_SYS_ADMIN)";
  return false;
}

/** Which of these commands are not installed, in words, or undefined when all are. */
export function missingCommands(commands: readonly string[]): string | undefined {
  const missing = commands.filter((command) => !isInstalled(command));
  return missing.length === 0 ? undefined : `needs the commands ${missing.join(", ")}`;
}

/** As `missingForLab`, for a test that needs a congestion control of TCP, such as "bbr". */
export function missingCongestionControl(name: string): string | false {
  const available = readFileSync("/proc/sys/net/ipv4/tcp_available_congestion_control", "utf8").trim().split(" ");
  return available.includes(name) ? false : `needs the kernel's congestion control ${name}`;
}

function isInstalled(command: string): boolean {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => isUsable(join(folder, command), constants.X_OK));
}

function isUsable(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

const mayMakeNamespaces = (): boolean => runAtExit("unshare", ["--net", "--mount", "echo", "made"]).trim() === "made";
