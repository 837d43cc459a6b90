import { closeSync, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigError } from "./config-error.ts";
import { type IniFile, parseIni } from "./ini-file.ts";
import { Secret } from "./secret.ts";

const LARGEST_FILE = 16 * 1024 * 1024;
const OPEN_TO_OTHERS = 0o077;
const READABLE_BY_OTHERS = 0o044;

/**
 * Reads a configuration file. Throws `ConfigError` when it cannot be read, is not UTF-8, or holds a `password` and
 * is open to anyone but its owner, who must be root or the running user.
 */
export function readConfigFile(path: string): IniFile {
  const { text, stats } = readText(path);
  const ini = parseIni(text, path);
  const holdsSecret = [...ini.sections.values()].some((section) => section.entries.has("password"));
  if (holdsSecret) checkPrivacy(path, stats);
  return ini;
}

/** Reads the secret that a `password_file` of the file `from` names. Throws `ConfigError` as `readConfigFile` does. */
export function readSecretFile(path: string, from: string): Secret {
  const resolved = resolve(dirname(from), path);
  const { text, stats } = readText(resolved);
  checkPrivacy(resolved, stats);
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "" || /[\r\n]/.test(secret)) throw new ConfigError([`${resolved}: expected one line: the secret`]);
  return new Secret(secret);
}

function readText(path: string): { readonly text: string; readonly stats: Stats } {
  let bytes: Uint8Array;
  let stats: Stats;
  try {
    const descriptor = openSync(path, "r");
    try {
      stats = fstatSync(descriptor);
      bytes = stats.size <= LARGEST_FILE ? readFileSync(descriptor) : new Uint8Array();
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new ConfigError([`${path}: ${explainReadError(error)}`]);
  }
  if (stats.size > LARGEST_FILE) throw new ConfigError([`${path}: is larger than ${LARGEST_FILE} bytes`]);
  return { text: decodeUtf8(path, bytes), stats };
}

function explainReadError(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  const known: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    EACCES: "may not be read by this user",
    EISDIR: "is a directory, not a file",
  };
  return known[code] ?? `cannot be read: ${code}`;
}

function decodeUtf8(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigError([`${path}: is not a text file in UTF-8`]);
  }
}

function checkPrivacy(path: string, stats: Stats): void {
  const user = process.getuid?.() ?? 0;
  if (stats.uid !== 0 && stats.uid !== user) {
    const owner = `belongs to user ${stats.uid}, who could read and change it`;
    throw new ConfigError([`${path}: holds a secret and ${owner}: run chown ${user} ${path}`]);
  }
  if ((stats.mode & OPEN_TO_OTHERS) === 0) return;
  const fault = (stats.mode & READABLE_BY_OTHERS) === 0 ? "writable" : "readable";
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
  throw new ConfigError([`${path}: holds a secret and is ${fault} by others (mode ${mode}): run chmod 600 ${path}`]);
}
