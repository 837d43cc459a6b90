import { join } from "node:path";
import { SystemError } from "../system-error.ts";
import { describeChange, make, observe, sharedValue, unmake } from "./change-actions.ts";
import { firewallTableName } from "./firewall.ts";
import { type HostChange, keyOf } from "./host-change.ts";
import { systemErrorOf } from "./host-file.ts";
import { withLock } from "./host-lock.ts";
import {
  JOURNAL_DIRECTORY,
  type Journal,
  type JournalEntry,
  type JournalOwner,
  journalPath,
  prepareDirectory,
  readJournals,
  removeJournal,
  thisOwner,
  writeJournal,
} from "./journal.ts";
import { hasFirewall, leftoversIn, sweep } from "./leftovers.ts";
import { restoreNameServers } from "./name-servers.ts";
import { readNetwork } from "./network-snapshot.ts";

/** Whose changes are kept, and where. */
export type HostChangesOptions = {
  readonly interfaceName: string;
  /** The directory of the journals; all daemons of a host must use the same. */
  readonly directory?: string;
};

type Setup = { readonly path: string; readonly owner: JournalOwner; readonly inherited: readonly JournalEntry[] };

/**
 * Everything that this daemon changed on the host. Each change is in a journal on disk before it is made, so that it
 * is undone at the end, or by the next daemon that starts after a crash.
 */
export class HostChanges {
  /** What crashed daemons had left behind and was undone at the start, as command lines. */
  readonly recovered: readonly string[];
  readonly #directory: string;
  readonly #path: string;
  readonly #owner: JournalOwner;
  readonly #inherited: readonly JournalEntry[];
  #entries: JournalEntry[];
  #last: Promise<unknown> = Promise.resolve();

  private constructor(directory: string, setup: Setup, recovered: readonly string[]) {
    this.recovered = recovered;
    this.#directory = directory;
    this.#path = setup.path;
    this.#owner = setup.owner;
    this.#inherited = setup.inherited;
    this.#entries = [...setup.inherited];
  }

  /**
   * Undoes what crashed daemons left and opens a journal of our own. Throws SystemError (EBUSY) when another process
   * runs this interface. An nftables table that a crash left stays until `settle`, to be replaced in one step: between
   * two tables the host would answer the clients' TCP connections with a reset.
   */
  static async open(options: HostChangesOptions): Promise<HostChanges> {
    const { interfaceName, directory = JOURNAL_DIRECTORY } = options;
    await prepareDirectory(directory);
    return await withLock(join(directory, "lock"), async () => {
      const journals = await readJournals(directory);
      const living = journals.filter((journal) => journal.isOwnerAlive);
      const neighbours = living.filter((journal) => journal.isHere);
      refuseSecond(neighbours, interfaceName);
      const recovered: string[] = [];
      for (const dead of journals.filter((journal) => journal.isHere && !journal.isOwnerAlive)) {
        recovered.push(...(await recover(dead, living, interfaceName)));
      }
      recovered.push(...(await sweep(neighbours.flatMap((journal) => journal.entries.map((entry) => entry.change)))));
      if (living.length === 0) recovered.push(...(await restoreNameServers()));
      const inherited = (await hasFirewall(interfaceName)) ? [firewallEntry(interfaceName)] : [];
      const path = await journalPath(directory, interfaceName);
      const owner = await thisOwner(interfaceName, freeSlot(neighbours));
      await writeJournal(path, owner, inherited);
      return new HostChanges(directory, { path, owner, inherited }, recovered);
    });
  }

  /** This daemon's number among those on the host: the lowest that is free. Table numbers and priorities follow it. */
  get slot(): number {
    return this.#owner.slot;
  }

  /** What is in force now, in the order in which it was made. */
  get made(): readonly HostChange[] {
    return this.#entries.map((entry) => entry.change);
  }

  /**
   * Makes changes in order. One with the key of an earlier one replaces it. Throws the first SystemError, with what was
   * made before it still in force: `close` undoes it.
   */
  apply(changes: readonly HostChange[]): Promise<void> {
    return this.#exclusively(async (others) => {
      for (const change of changes) await this.#make(change, others);
    });
  }

  /** Takes changes back, the last first. Those that are not in force are passed over. */
  undo(changes: readonly HostChange[]): Promise<void> {
    const keys = new Set(changes.map(keyOf));
    return this.#exclusively(async (others) => {
      for (const entry of this.#entries.toReversed()) {
        if (keys.has(keyOf(entry.change))) await this.#unmake(entry, others);
      }
    });
  }

  /** Ends the start: what was taken over from a crashed daemon and not made anew is undone. */
  async settle(): Promise<void> {
    const unused = this.#inherited.filter((entry) => this.#entries.includes(entry));
    if (unused.length > 0) await this.undo(unused.map((entry) => entry.change));
  }

  /**
   * Undoes everything, the last first, and removes the journal. Answers the failures, if any: those changes stay in the
   * journal for the next start, as does the nftables table when that follows at once. Calling it again is harmless.
   */
  async close(options: { readonly keepsFirewall?: boolean } = {}): Promise<readonly SystemError[]> {
    const failures: SystemError[] = [];
    await this.#exclusively(async (others) => {
      for (const entry of this.#entries.toReversed()) {
        if (options.keepsFirewall === true && entry.change.kind === "firewall") continue;
        await this.#unmake(entry, others).catch((error: unknown) => failures.push(systemErrorOf(error, "undo")));
      }
      if (this.#entries.length === 0) await removeJournal(this.#path);
    });
    return failures;
  }

  async #make(change: HostChange, others: readonly Journal[]): Promise<void> {
    const held = this.#find(change);
    // The kernel replaces a value or a table in place, but keeps two routes or rules side by side.
    const isReplacedInPlace = held !== undefined && change.kind !== "route" && change.kind !== "rule";
    if (held !== undefined && !isReplacedInPlace) await this.#unmake(held, others);
    const previous = isReplacedInPlace ? held.previous : await originalOf(change, others);
    const entry: JournalEntry = { change, previous };
    await this.#write([...this.#entries.filter((other) => other !== held), entry]);
    const isOurs = await make(change);
    if (!isOurs && held === undefined) await this.#write(this.#entries.filter((other) => other !== entry));
  }

  async #unmake(entry: JournalEntry, others: readonly Journal[]): Promise<void> {
    await unmake(entry.change, entry.previous, heirOf(entry.change, others));
    await this.#write(this.#entries.filter((other) => other !== entry));
  }

  async #write(entries: JournalEntry[]): Promise<void> {
    await writeJournal(this.#path, this.#owner, entries);
    this.#entries = entries;
  }

  #find(change: HostChange): JournalEntry | undefined {
    const key = keyOf(change);
    return this.#entries.find((entry) => keyOf(entry.change) === key);
  }

  // One at a time within this process, and one process at a time on the host.
  #exclusively(work: (others: readonly Journal[]) => Promise<void>): Promise<void> {
    const next = this.#last.then(() =>
      withLock(join(this.#directory, "lock"), async () => {
        const journals = await readJournals(this.#directory);
        await work(journals.filter((journal) => journal.isOwnerAlive && journal.path !== this.#path));
      }),
    );
    this.#last = next.catch(() => {});
    return next;
  }
}

function refuseSecond(living: readonly Journal[], interfaceName: string): void {
  const other = living.find((journal) => journal.owner.interfaceName === interfaceName);
  if (other === undefined) return;
  const hint = `process ${other.owner.process} runs it already: stop that one, or choose another interface_name`;
  throw new SystemError({ code: "EBUSY", operation: `take ${interfaceName}`, hint });
}

function freeSlot(living: readonly Journal[]): number {
  const taken = new Set(living.map((journal) => journal.owner.slot));
  let slot = 0;
  while (taken.has(slot)) slot++;
  return slot;
}

// Failures of single steps do not stop the rest: a half-cleaned host is worse than one that misses a step.
async function recover(dead: Journal, living: readonly Journal[], interfaceName: string): Promise<string[]> {
  const undone: string[] = [];
  const isOfThisHost = await hasTraces(dead);
  for (const { change, previous } of dead.entries.toReversed()) {
    const isTakenOver = change.kind === "firewall" && change.table === firewallTableName(interfaceName);
    if (isTakenOver || (!isOfThisHost && change.kind !== "file")) continue;
    await unmake(change, previous, heirOf(change, living)).catch((error: unknown) => {
      undone.push(`# failed: ${systemErrorOf(error, "undo").message}`);
    });
    undone.push(describeChange(change));
  }
  await removeJournal(dead.path);
  return undone;
}

// The kernel gives the number of a removed namespace to the next one, and a reboot starts afresh: if none of a journal's
// rules and tables is there any more, its settings are not ours to put back. Files outlive both.
async function hasTraces(journal: Journal): Promise<boolean> {
  const traces = journal.entries
    .map(({ change }) => change)
    .filter(({ kind }) => kind === "rule" || kind === "firewall");
  if (traces.length === 0) return true;
  if (await hasFirewall(journal.owner.interfaceName)) return true;
  const present = new Set(leftoversIn(await readNetwork(), []).map(keyOf));
  return traces.some((change) => present.has(keyOf(change)));
}

function firewallEntry(interfaceName: string): JournalEntry {
  const change = { kind: "firewall", table: firewallTableName(interfaceName), rules: "" } as const;
  return { change, previous: { value: null, companions: {} } };
}

// Where another daemon changed a value before us, the host's own value is what that daemon found.
async function originalOf(change: HostChange, others: readonly Journal[]): Promise<JournalEntry["previous"]> {
  const now = await observe(change);
  const other = entryOf(change, others);
  return other !== null && sharedValue(other.change) === now.value ? other.previous : now;
}

function heirOf(change: HostChange, others: readonly Journal[]): string | null {
  const other = entryOf(change, others);
  return other === null ? null : sharedValue(other.change);
}

function entryOf(change: HostChange, journals: readonly Journal[]): JournalEntry | null {
  if (sharedValue(change) === null) return null;
  const key = keyOf(change);
  // Files are shared by all network namespaces; everything else is of one.
  const sharing = journals.filter((journal) => journal.isHere || change.kind === "file");
  const entries = sharing.flatMap((journal) => journal.entries.filter((entry) => keyOf(entry.change) === key));
  return entries.at(-1) ?? null;
}
