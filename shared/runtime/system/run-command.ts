import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { SystemError } from "../system-error.ts";
import { systemErrorOf } from "./host-file.ts";

/** A program and its arguments; never a shell line. */
export type Command = { readonly program: string; readonly arguments: readonly string[]; readonly input?: string };

const OUTPUT_LIMIT = 32 * 1024 * 1024;
const TIME_LIMIT_MS = 10_000;
// A daemon started by an init system or by sudo may lack the directories where Debian keeps ip and nft.
const SEARCH_PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/bin:/sbin:/bin`;

const PACKAGES: Readonly<Record<string, string>> = {
  ip: "iproute2",
  nft: "nftables",
  resolvectl: "systemd-resolved",
  flock: "util-linux",
};

// What iproute2 and nft print for the errors of the kernel; with LC_ALL=C these do not vary by language.
const MESSAGES: readonly (readonly [pattern: RegExp, code: string])[] = [
  [/Operation not permitted|must be root/i, "EPERM"],
  [/Permission denied/i, "EACCES"],
  [/File exists|already assigned|already exists/i, "EEXIST"],
  [/Cannot find device|No such device|does not exist on the system/i, "ENODEV"],
  [/No such process/i, "ESRCH"],
  [/No such file or directory|FIB table does not exist|Address not found|Cannot assign requested address/i, "ENOENT"],
  [/invalid gateway|Network is unreachable/i, "ENETUNREACH"],
  [/Network is down/i, "ENETDOWN"],
  [/Operation not supported|(Protocol|Address family) not supported/i, "EOPNOTSUPP"],
];

const HINTS: Readonly<Record<string, string>> = {
  EPERM: "run as root or give CAP_NET_ADMIN and CAP_NET_RAW",
  EACCES: "run as root or give CAP_NET_ADMIN and CAP_NET_RAW",
  ENETUNREACH: "the gateway is not reachable on that device: check `gateway` and the device's address",
};

/** The environment for programs of the system: where they are found, and that they speak English. */
export const ENVIRONMENT = { PATH: SEARCH_PATH, LC_ALL: "C" };

/** The command as one would type it. */
export function commandLine(command: Command): string {
  const line = [command.program, ...command.arguments].map(quoted).join(" ");
  return command.input === undefined ? line : `${line} <<'END'\n${command.input.trimEnd()}\nEND`;
}

/** Runs a program to its end and answers what it printed; a failure of any kind is a SystemError. */
export async function runCommand(command: Command, signal?: AbortSignal): Promise<string> {
  const operation = [command.program, ...command.arguments].map(quoted).join(" ");
  // A group of its own: Ctrl-C in a terminal is for the daemon, which must still be able to undo what it did.
  const child = spawn(command.program, command.arguments, { detached: true, env: ENVIRONMENT });
  const stop = () => child.kill("SIGKILL");
  const timer = setTimeout(stop, TIME_LIMIT_MS);
  signal?.addEventListener("abort", stop);
  if (signal?.aborted === true) stop();
  try {
    // A program that ends without reading its input breaks the pipe; its exit status says what happened.
    child.stdin.on("error", () => {});
    child.stdin.end(command.input ?? "");
    const [output, complaint, status] = await Promise.all([
      textOf(child.stdout, stop),
      textOf(child.stderr, stop),
      exitOf(child),
    ]);
    if (signal?.aborted === true) throw new SystemError({ code: "ABORTED", operation });
    if (status === 0) return output;
    throw status === null ? stoppedError(operation) : failureOf(operation, complaint);
  } catch (error) {
    throw isNotFound(error) ? notInstalled(command.program, error) : systemErrorOf(error, operation);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

/** That a program of the system is missing, and how to get it. */
export function notInstalled(program: string, cause?: unknown): SystemError {
  const hint = `${program} is not installed: apt install ${PACKAGES[program] ?? program}`;
  return new SystemError({ code: "ENOENT", operation: `run ${program}`, hint, cause });
}

/** Whether starting a program failed because there is no such program. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && !(error instanceof SystemError) && "code" in error && error.code === "ENOENT";
}

async function textOf(stream: Readable, stop: () => void): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size <= OUTPUT_LIMIT) parts.push(part);
    else stop();
  }
  return Buffer.concat(parts).toString("utf8");
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  const [status]: unknown[] = await once(child, "exit");
  return typeof status === "number" ? status : null;
}

function stoppedError(operation: string): SystemError {
  const hint = `it was stopped: it ran for more than ${TIME_LIMIT_MS / 1000} s or printed too much`;
  return new SystemError({ code: "ETIMEDOUT", operation, hint });
}

function failureOf(operation: string, complaint: string): SystemError {
  const code = MESSAGES.find(([pattern]) => pattern.test(complaint))?.[1] ?? "EXIT";
  const said = complaint.trim().split("\n").slice(0, 3).join("; ");
  const hint = [said, HINTS[code]].filter((part) => part !== undefined && part !== "").join("; ");
  return new SystemError({ code, operation, hint });
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
