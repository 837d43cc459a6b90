import { SystemError } from "../system-error.ts";
import { firewallCommand, firewallRemoval } from "./firewall.ts";
import type { DeviceChange, FileChange, HostChange, ResolverChange, SettingChange } from "./host-change.ts";
import { readIfPresent, removeFile, replaceFile } from "./host-file.ts";
import { makingCommand, unmakingCommand } from "./ip-changes.ts";
import { readDevices } from "./network-snapshot.ts";
import { type Command, commandLine, runCommand } from "./run-command.ts";
import { readCompanions, readSetting, writeSetting } from "./settings.ts";

/** What was there before a change, as far as it is needed to put it back. */
export type Previous = {
  readonly value: string | null;
  /** Other kernel settings that the kernel changes along with this one, by name. */
  readonly companions: Readonly<Record<string, string>>;
};

// linux/if_link.h, IN6_ADDR_GEN_MODE_…, by iproute2's words.
const ADDRESS_MODES = ["eui64", "none", "stable_secret", "random"] as const;

const NOTHING: Previous = { value: null, companions: {} };

/** The command line that does the same as a change, for `--dry-run` and `check`. */
export function describeChange(change: HostChange): string {
  switch (change.kind) {
    case "setting":
      return commandLine({ program: "sysctl", arguments: ["-w", `${change.name}=${change.value}`] });
    case "firewall":
      return commandLine(firewallCommand(change));
    case "resolver":
      return resolverCommands(change).map(commandLine).join("\n");
    case "file":
      return commandLine({ program: "tee", arguments: [change.path], input: change.content });
    default:
      return commandLine(makingCommand(change));
  }
}

/** Reads what a change would replace. */
export async function observe(change: HostChange): Promise<Previous> {
  switch (change.kind) {
    case "setting":
      return { value: await readSetting(change.name), companions: await readCompanions(change.name) };
    case "file":
      return { value: await readIfPresent(change.path), companions: {} };
    case "device":
      return { value: await deviceProperty(change.device, change.property), companions: {} };
    default:
      return NOTHING;
  }
}

/** Makes a change. Answers false when the host had it already, so that it is not ours to undo. */
export async function make(change: HostChange): Promise<boolean> {
  switch (change.kind) {
    case "setting":
      await writeSetting(change.name, change.value);
      return true;
    case "firewall":
      await runCommand(firewallCommand(change));
      return true;
    case "resolver":
      for (const command of resolverCommands(change)) await runCommand(command);
      return true;
    case "file":
      await replaceFile(change.path, change.content);
      return true;
    default:
      return await makeUnlessPresent(makingCommand(change), change.kind);
  }
}

/**
 * Takes a change back; what is gone already is fine. A shared value (a kernel setting, a file) is put back only while
 * it is the one we set, and to `heir` when another daemon still needs it.
 */
export async function unmake(change: HostChange, previous: Previous, heir: string | null): Promise<void> {
  switch (change.kind) {
    case "setting":
      return await restoreSetting(change, previous, heir);
    case "firewall":
      await runCommand(firewallRemoval(change.table));
      return;
    case "resolver":
      return await runUnlessGone({ program: "resolvectl", arguments: ["revert", change.device] });
    case "file":
      return await restoreFile(change, heir ?? previous.value);
    default: {
      const command = unmakingCommand(change, previous.value);
      if (command !== null) await runUnlessGone(command);
    }
  }
}

/** The value of a change that several daemons may want at once; null for a change that is one's own. */
export function sharedValue(change: HostChange): string | null {
  if (change.kind === "setting") return change.value;
  return change.kind === "file" ? change.content : null;
}

async function restoreSetting(change: SettingChange, previous: Previous, heir: string | null): Promise<void> {
  if ((await readSetting(change.name)) !== change.value) return;
  const value = heir ?? previous.value;
  if (value === null) return;
  await writeSetting(change.name, value);
  if (heir !== null) return;
  for (const [name, companion] of Object.entries(previous.companions)) {
    if ((await readSetting(name)) !== null) await writeSetting(name, companion);
  }
}

async function restoreFile(change: FileChange, content: string | null): Promise<void> {
  if ((await readIfPresent(change.path)) !== change.content) return;
  if (content === null) await removeFile(change.path);
  else await replaceFile(change.path, content);
}

async function makeUnlessPresent(command: Command, kind: HostChange["kind"]): Promise<boolean> {
  try {
    await runCommand(command);
    return true;
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== "EEXIST") throw error;
    if (kind !== "route") return false;
    // `ip route replace` would silently take a route away that somebody else made.
    const hint = "there is another route to the same destination: remove one of the two";
    throw new SystemError({ code: error.code, operation: error.operation, hint, cause: error });
  }
}

async function runUnlessGone(command: Command): Promise<void> {
  try {
    await runCommand(command);
  } catch (error) {
    const isGone = error instanceof SystemError && ["ENODEV", "ESRCH", "ENOENT"].includes(error.code);
    if (!isGone) throw error;
  }
}

async function deviceProperty(device: string, property: DeviceChange["property"]): Promise<string | null> {
  if (property === "addrgenmode") {
    const mode = await readSetting(`net/ipv6/conf/${device}/addr_gen_mode`);
    return mode === null ? null : (ADDRESS_MODES[Number(mode)] ?? null);
  }
  const found = (await readDevices()).find((one) => one.name === device);
  if (found === undefined) return null;
  if (property === "state") return found.isUp ? "up" : "down";
  return String(property === "mtu" ? found.mtu : found.queueLength);
}

function resolverCommands(change: ResolverChange): Command[] {
  const resolvectl = (...words: string[]): Command => ({ program: "resolvectl", arguments: words });
  return [
    resolvectl("dns", change.device, ...change.servers),
    // "~." asks these servers for every name, so that none is asked outside of the tunnel.
    resolvectl("domain", change.device, "~."),
    resolvectl("default-route", change.device, "yes"),
  ];
}
