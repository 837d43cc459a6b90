import { milliseconds } from "../shared/protocol/units.ts";
import type { LinkCounters, QuotaNews, Quotas } from "./quotas.ts";

/** What a watch over quotas works with. */
export type QuotaWatchOptions = {
  readonly quotas: Quotas;
  /** What the links have carried; nothing when the data plane has ended. */
  readonly counters: () => Promise<readonly LinkCounters[]>;
  readonly onChange: (news: QuotaNews) => void;
};

// A line of 100 Mbit/s carries 60 MB in this time: little of what is sold by the month.
const COUNT_EVERY_MS = 5_000;

/** Counts what the links carry against their quotas every few seconds while the client runs. */
export class QuotaWatch {
  readonly #options: QuotaWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #counting: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(options: QuotaWatchOptions) {
    this.#options = options;
  }

  /** Tells what is used up already, and counts from now on; does nothing where no link has a quota. */
  start(): void {
    const { quotas } = this.#options;
    if (quotas.isEmpty || this.#stopped !== undefined) return;
    this.#tell([]);
    this.#timer = setInterval(() => {
      this.#counting = this.#count();
    }, COUNT_EVERY_MS);
  }

  /** Counts a last time and writes what is used; asks for the counters at once. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    clearInterval(this.#timer);
    const { quotas, counters } = this.#options;
    if (quotas.isEmpty) return;
    const last = counters();
    await this.#counting;
    quotas.count(await last);
    await quotas.save();
  }

  async #count(): Promise<void> {
    const { quotas, counters } = this.#options;
    const counted = await counters();
    if (this.#stopped !== undefined) return;
    this.#tell(counted);
    await quotas.saveIfDue(milliseconds(performance.now()));
  }

  #tell(counters: readonly LinkCounters[]): void {
    for (const news of this.#options.quotas.count(counters)) this.#options.onChange(news);
  }
}
