import { controlSocketPath } from "../observe/control-path.ts";
import type { SchedulerName } from "../protocol/scheduler/schedulers.ts";
import type { Cipher } from "../protocol/seal/aead.ts";
import { type Bytes, bytes, type Milliseconds } from "../protocol/units.ts";
import { ConfigError, describePlace } from "./config-error.ts";
import { readSecretFile } from "./config-file.ts";
import { editDistance } from "./did-you-mean.ts";
import type { GENERAL_KEYS } from "./general-keys.ts";
import type { IniFile, IniSection } from "./ini-file.ts";
import type { SectionOf } from "./key.ts";
import type { AutoOrNo, LogFormat, LogLevel, Role } from "./kinds.ts";
import { placeOf } from "./read-section.ts";
import type { Secret } from "./secret.ts";

/** What [general] says on either end. */
export type GeneralConfig = {
  /** The file that this came from, for messages. */
  readonly file: string;
  readonly interfaceName: string;
  /** The tunnel's MTU; auto: the largest that needs no fragmentation over the links that are up. */
  readonly mtu: number | "auto";
  readonly mrru: Bytes;
  readonly scheduler: SchedulerName;
  /** Whether this end sends again what was lost. */
  readonly retransmit: AutoOrNo;
  /** Whether this end sends real-time packets on two links while one shows loss or jitter. */
  readonly redundancy: AutoOrNo;
  readonly cipher: Cipher | "auto";
  readonly keepalive: Milliseconds;
  /** The dead interval of a link; auto leaves it to the link's own rules. */
  readonly timeout: Milliseconds | "auto";
  readonly reorderWait: Milliseconds;
  readonly offload: boolean;
  /** The priority of the thread that moves packets, as nice(1) has it. */
  readonly nice: number;
  readonly statusCommand: string | undefined;
  readonly controlSocket: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
};

/** The common part of a configuration out of its [general] section. */
export function generalConfig(file: string, general: SectionOf<typeof GENERAL_KEYS>): GeneralConfig {
  return {
    file,
    interfaceName: general.interface_name,
    mtu: general.mtu,
    mrru: bytes(general.mrru),
    scheduler: general.scheduler,
    retransmit: general.retransmit,
    redundancy: general.redundancy,
    cipher: general.cipher,
    keepalive: general.keepalive,
    timeout: general.timeout,
    reorderWait: general.reorder_wait,
    offload: general.offload,
    nice: general.nice,
    statusCommand: general.statuscommand,
    controlSocket: general.control_socket ?? controlSocketPath(general.interface_name),
    logLevel: general.log_level,
    logFormat: general.log_format,
  };
}

/**
 * The [general] section of a file for this daemon. Throws `ConfigError` when there is none or when it is for the other
 * daemon, for then nothing else in the file is worth a message.
 */
export function findGeneral(ini: IniFile, role: Role): IniSection {
  const general = ini.sections.get("general");
  if (general === undefined) return refuseWithoutGeneral(ini);
  const mode = general.entries.get("mode")?.value;
  if (mode === role || !isRole(mode)) return general;
  throw new ConfigError([`${describePlace(placeOf(ini, general, "mode"))}: this is a file for \`hawser ${mode}\``]);
}

/** Which daemon a file is for, by `mode` in [general]; undefined when the file does not say. */
export function roleOf(ini: IniFile): Role | undefined {
  const mode = ini.sections.get("general")?.entries.get("mode")?.value;
  return isRole(mode) ? mode : undefined;
}

/** Throws the `ConfigError` of a file that has no [general] section. */
export function refuseWithoutGeneral(ini: IniFile): never {
  const misspelt = [...ini.sections.values()].find(({ name }) => editDistance(name.toLowerCase(), "general") <= 2);
  const { file } = ini;
  if (misspelt === undefined) ini.problems.add({ file }, "there is no [general] section: begin the file with it");
  else ini.problems.add({ file, line: misspelt.line }, `unknown section "${misspelt.name}", did you mean "general"?`);
  return ini.problems.raise();
}

function isRole(mode: string | undefined): mode is Role {
  return mode === "client" || mode === "server";
}

/** Checks what concerns several keys of [general]: the tunnel's packets have to fit what is put together again. */
export function checkGeneral(ini: IniFile, section: IniSection, general: SectionOf<typeof GENERAL_KEYS>): void {
  if (general.mtu !== "auto" && general.mtu > general.mrru) {
    ini.problems.add(placeOf(ini, section, "mtu"), `expected at most the mrru, which is ${general.mrru}`);
  }
}

/** The secret of a section, from `password` or from `password_file`; undefined when it has neither. */
export function readSecret(
  ini: IniFile,
  section: IniSection,
  keys: { readonly password?: Secret | undefined; readonly password_file?: string | undefined },
): Secret | undefined {
  if (keys.password_file === undefined) return keys.password;
  if (keys.password !== undefined) {
    ini.problems.add(placeOf(ini, section, "password_file"), "expected a password or a password_file, not both");
    return keys.password;
  }
  try {
    return readSecretFile(keys.password_file, ini.file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    ini.problems.add(placeOf(ini, section, "password_file"), error.message);
    return undefined;
  }
}
