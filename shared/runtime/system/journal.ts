import { chmod, mkdir, readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { SystemError } from "../system-error.ts";
import { HostChange } from "./host-change.ts";
import { isMissing, readIfPresent, removeFile, replaceFile, systemErrorOf } from "./host-file.ts";

/** Where the journals of all daemons of a host are. */
export const JOURNAL_DIRECTORY = "/run/hawser";

const SUFFIX = ".journal";
const JOURNAL_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

const Owner = v.object({
  hawser: v.literal(1),
  interfaceName: v.string(),
  process: v.number(),
  /** When the process started, in clock ticks since boot: a process number alone is used again. */
  started: v.string(),
  boot: v.string(),
  /** Which range of table, mark and priority numbers is this daemon's. */
  slot: v.number(),
});

const Entry = v.object({
  change: HostChange,
  previous: v.object({ value: v.nullable(v.string()), companions: v.record(v.string(), v.string()) }),
});

/** Who wrote a journal. */
export type JournalOwner = v.InferOutput<typeof Owner>;

/** A change that was made, or was about to be, and what was there before. */
export type JournalEntry = v.InferOutput<typeof Entry>;

/** All that one daemon changed on the host and has not undone. */
export type Journal = {
  readonly path: string;
  readonly owner: JournalOwner;
  readonly entries: readonly JournalEntry[];
  readonly isOwnerAlive: boolean;
  /** Whether it is of our network namespace, and so about the same devices, routes and settings. */
  readonly isHere: boolean;
};

/**
 * The journal's path for a TUN device. Network namespaces have their own devices, routes and settings but share /run,
 * so the namespace's number is part of the name.
 */
export async function journalPath(directory: string, interfaceName: string): Promise<string> {
  return join(directory, `${interfaceName}${await namespaceSuffix()}`);
}

/** Makes the directory of the journals; throws SystemError when others than us could write into it. */
export async function prepareDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
    const { uid, mode } = await stat(directory);
    const isOurs = uid === 0 || uid === process.geteuid?.();
    if (isOurs && (mode & 0o022) === 0) return;
    if (isOurs) return await chmod(directory, mode & 0o755);
  } catch (error) {
    throw systemErrorOf(error, `make ${directory}`);
  }
  const hint = `${directory} belongs to somebody else: chown root ${directory}`;
  throw new SystemError({ code: "EPERM", operation: `use ${directory}`, hint });
}

/** Reads the journals of all daemons of the host. A torn or foreign file is passed over. */
export async function readJournals(directory: string): Promise<Journal[]> {
  const suffix = await namespaceSuffix();
  const boot = await bootId();
  const journals: Journal[] = [];
  for (const name of (await readdir(directory)).sort()) {
    if (!name.endsWith(SUFFIX)) continue;
    const journal = parseJournal(join(directory, name), await readFile(join(directory, name), "utf8"));
    if (journal === null) continue;
    const { owner } = journal;
    const isOwnerAlive = owner.boot === boot && (await startOf(owner.process)) === owner.started;
    const isHere = name === `${owner.interfaceName}${suffix}`;
    journals.push({ ...journal, isOwnerAlive, isHere });
  }
  return journals;
}

/** Writes a journal: on disk, whole, and readable by its owner only, before this returns. */
export async function writeJournal(
  path: string,
  owner: JournalOwner,
  entries: readonly JournalEntry[],
): Promise<void> {
  const lines = [owner, ...entries].map((line) => JSON.stringify(line));
  await replaceFile(path, `${lines.join("\n")}\n`, JOURNAL_MODE);
}

/** Removes a journal of which everything is undone. */
export async function removeJournal(path: string): Promise<void> {
  await removeFile(path);
}

/** The owner's line for this process. */
export async function thisOwner(interfaceName: string, slot: number): Promise<JournalOwner> {
  const started = (await startOf(process.pid)) ?? "";
  return { hawser: 1, interfaceName, process: process.pid, started, boot: await bootId(), slot };
}

/** Reads a journal's lines; null when the first is not an owner's. A last line that was cut off is left out. */
export function parseJournal(path: string, text: string): Omit<Journal, "isOwnerAlive" | "isHere"> | null {
  const [first, ...rest] = text.split("\n").filter((line) => line !== "");
  const owner = v.safeParse(Owner, parsed(first ?? ""));
  if (!owner.success) return null;
  const entries = rest.flatMap((line) => {
    const entry = v.safeParse(Entry, parsed(line));
    return entry.success ? [entry.output] : [];
  });
  return { path, owner: owner.output, entries };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

async function namespaceSuffix(): Promise<string> {
  const namespace = await readlink("/proc/self/ns/net").catch(() => "");
  return `@${namespace.replaceAll(/\D/g, "")}${SUFFIX}`;
}

async function bootId(): Promise<string> {
  return (await readIfPresent("/proc/sys/kernel/random/boot_id"))?.trim() ?? "";
}

/** The start time of a process in clock ticks since boot, or null when there is no such process or it is a zombie. */
async function startOf(processNumber: number): Promise<string | null> {
  try {
    const text = await readFile(`/proc/${processNumber}/stat`, "utf8");
    // The command's name, in parentheses, may hold spaces: count from its end. Field 3 is the state, 22 the start.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : (fields[19] ?? null);
  } catch (error) {
    if (isMissing(error)) return null;
    // ESRCH: the process ended between open and read.
    return null;
  }
}
