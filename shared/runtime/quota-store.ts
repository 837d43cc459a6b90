import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { type Bytes, type Milliseconds, milliseconds } from "../protocol/units.ts";
import { QuotaLedger } from "./quota-ledger.ts";
import { type CalendarDay, isCalendarDay } from "./quota-period.ts";
import { readIfPresent, replaceFile, systemErrorOf } from "./system/host-file.ts";
import { SystemError } from "./system-error.ts";

/**
 * Where what must outlive a restart of the machine is kept. `HAWSER_STATE_DIRECTORY` in the environment moves it, for
 * two daemons in two network namespaces share one file system.
 */
export function stateDirectory(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  return environment["HAWSER_STATE_DIRECTORY"] || "/var/lib/hawser";
}

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

const Content = v.object({
  hawser: v.literal(1),
  /** By link and day, in bytes. */
  links: v.record(
    v.string(),
    v.record(v.pipe(v.string(), v.check(isCalendarDay)), v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  ),
});

/** What a store works with. */
export type QuotaStoreOptions = {
  readonly path: string;
  /** How long changes may wait before they are written: a crash loses no more than that. */
  readonly writeEvery: Milliseconds;
  /** The day that the clock shows. */
  readonly today: () => CalendarDay;
  /** Told when the file cannot be read or written, in words for the log: at the first of several failures. */
  readonly warn: (message: string) => void;
};

/** The path of the counters of the daemon of a TUN device. */
export function quotaPath(directory: string, interfaceName: string): string {
  return join(directory, `${interfaceName}.quota.json`);
}

/**
 * What each link carried in its period, kept in a file so that it survives restarts. A file that cannot be read or
 * understood is told of and begun anew; one that cannot be written is told of and tried again.
 */
export class QuotaStore {
  readonly #options: QuotaStoreOptions;
  readonly #ledgers: Map<string, QuotaLedger>;
  #hasChanges = false;
  #isFailing = false;
  #lastWrite = milliseconds(Number.NEGATIVE_INFINITY);
  #writing: Promise<void> = Promise.resolve();

  private constructor(options: QuotaStoreOptions, ledgers: Map<string, QuotaLedger>) {
    this.#options = options;
    this.#ledgers = ledgers;
  }

  /** Reads the file of the options, which need not exist. */
  static async open(options: QuotaStoreOptions): Promise<QuotaStore> {
    try {
      const text = await readIfPresent(options.path);
      if (text !== null) return new QuotaStore(options, parseContent(text));
    } catch (error) {
      options.warn(`quotas are counted from zero: ${describe(error, options.path)}`);
    }
    return new QuotaStore(options, new Map());
  }

  /** Counts what a link carried, both ways together, since the last call. */
  add(link: string, size: number): void {
    if (size <= 0) return;
    const ledger = this.#ledgers.get(link) ?? new QuotaLedger();
    this.#ledgers.set(link, ledger);
    ledger.add(size, this.#options.today());
    this.#hasChanges = true;
  }

  /** What a link carried in the period of today, when periods begin on `resetDay` of each month. */
  used(link: string, resetDay: number): Bytes {
    return (this.#ledgers.get(link) ?? new QuotaLedger()).used(resetDay, this.#options.today());
  }

  /** Writes the changes when the last write is long enough ago; never fails. `now` is of the monotonic clock. */
  async saveIfDue(now: Milliseconds): Promise<void> {
    if (!this.#hasChanges || now - this.#lastWrite < this.#options.writeEvery) return;
    this.#lastWrite = now;
    await this.save();
  }

  /** Writes the changes, as at the end; never fails. */
  async save(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  async #write(): Promise<void> {
    if (!this.#hasChanges) return;
    const { path, warn } = this.#options;
    this.#hasChanges = false;
    try {
      await mkdir(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
      await replaceFile(path, this.#content(), FILE_MODE);
      this.#isFailing = false;
    } catch (error) {
      this.#hasChanges = true;
      const { message } = systemErrorOf(error, `make ${dirname(path)}`);
      if (!this.#isFailing) warn(`quotas are not saved: ${message}`);
      this.#isFailing = true;
    }
  }

  #content(): string {
    const links = [...this.#ledgers].map(([link, ledger]) => [link, Object.fromEntries(ledger.days)]);
    return `${JSON.stringify({ hawser: 1, links: Object.fromEntries(links) }, null, 2)}\n`;
  }
}

function parseContent(text: string): Map<string, QuotaLedger> {
  const { links } = v.parse(Content, JSON.parse(text));
  return new Map(Object.entries(links).map(([link, days]) => [link, new QuotaLedger(Object.entries(days))]));
}

function describe(error: unknown, path: string): string {
  if (error instanceof SystemError) return error.message;
  return `${path} is damaged: ${error instanceof Error ? error.message : String(error)}`;
}
