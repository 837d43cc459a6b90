import type { QuotaAction } from "../shared/config/values/link-limits.ts";
import type { BundleStatus, LinkStatus } from "../shared/observe/status-snapshot.ts";
import { type LinkAllowance, LinkQuota } from "../shared/protocol/link/quota.ts";
import { type Bytes, type Milliseconds, seconds } from "../shared/protocol/units.ts";
import { calendarDay } from "../shared/runtime/quota-period.ts";
import { QuotaStore, quotaPath, stateDirectory } from "../shared/runtime/quota-store.ts";
import type { ClientConfig, ClientLinkConfig, QuotaConfig } from "./client-config.ts";

/** What a quota leaves of a link; off: nothing. */
export type QuotaVerdict = LinkAllowance | "off";

/** A link's quota was used up, or there is some again. */
export type QuotaNews = {
  readonly link: string;
  readonly verdict: QuotaVerdict;
  readonly used: Bytes;
  readonly limit: Bytes;
};

/** What a link has carried since the data plane began, in bytes of whole outer IP packets. */
export type LinkCounters = {
  readonly name: string;
  readonly sent: { readonly bytes: number };
  readonly received: { readonly bytes: number };
};

type WatchedLink = { readonly name: string; readonly config: QuotaConfig; readonly quota: LinkQuota };

// A crash loses what the links carried in this time at most.
const WRITE_EVERY = seconds(60);

const VERDICTS: Readonly<Record<QuotaAction, QuotaVerdict>> = {
  fallback: "fallback",
  off: "off",
  throttle: "throttled",
};

/** The quotas of a client's links: what is used of them, over restarts too, and what that allows. */
export class Quotas {
  readonly #store: QuotaStore;
  readonly #links: readonly WatchedLink[];
  readonly #counted = new Map<string, number>();

  constructor(links: readonly Pick<ClientLinkConfig, "name" | "quota">[], store: QuotaStore) {
    this.#store = store;
    this.#links = links.flatMap(({ name, quota: config }) => {
      if (config === undefined) return [];
      return [{ name, config, quota: new LinkQuota(config.limit, store.used(name, config.resetDay)) }];
    });
  }

  /** Reads what was used before; `warn` is told when that cannot be read or, later, written. */
  static async open(config: ClientConfig, warn: (message: string) => void): Promise<Quotas> {
    const store = await QuotaStore.open({
      path: quotaPath(stateDirectory(), config.interfaceName),
      writeEvery: WRITE_EVERY,
      today: () => calendarDay(new Date()),
      warn,
    });
    return new Quotas(config.links, store);
  }

  /** Whether no link has a quota. */
  get isEmpty(): boolean {
    return this.#links.length === 0;
  }

  /** What a link's quota allows; all where it has none. */
  verdict(link: string): QuotaVerdict {
    const watched = this.#links.find(({ name }) => name === link);
    return watched === undefined ? "full" : verdictOf(watched);
  }

  /** The bundles with what their links have used. */
  describe(bundles: readonly BundleStatus[]): readonly BundleStatus[] {
    if (this.isEmpty) return bundles;
    return bundles.map((bundle) => ({ ...bundle, links: bundle.links.map((link) => this.#describe(link)) }));
  }

  /** Takes the links' counters, and answers for which of them something else is allowed since the last call. */
  count(counters: readonly LinkCounters[]): readonly QuotaNews[] {
    for (const { name, sent, received } of counters) {
      if (!this.#links.some((watched) => watched.name === name)) continue;
      const total = sent.bytes + received.bytes;
      this.#store.add(name, total - (this.#counted.get(name) ?? 0));
      this.#counted.set(name, total);
    }
    return this.#links.flatMap((watched) => {
      const { name: link, config, quota } = watched;
      quota.setUsed(this.#store.used(link, config.resetDay));
      if (quota.pollEvent() === undefined) return [];
      return [{ link, verdict: verdictOf(watched), used: quota.used, limit: quota.limit }];
    });
  }

  /** Writes what is used when that was not done for a minute; never fails. `now` is of the monotonic clock. */
  async saveIfDue(now: Milliseconds): Promise<void> {
    await this.#store.saveIfDue(now);
  }

  /** Writes what is used, as at the end; never fails. */
  async save(): Promise<void> {
    await this.#store.save();
  }

  #describe(link: LinkStatus): LinkStatus {
    const quota = this.#links.find(({ name }) => name === link.name)?.quota;
    return quota === undefined ? link : { ...link, quota: { used: quota.used, limit: quota.limit } };
  }
}

function verdictOf({ config, quota }: WatchedLink): QuotaVerdict {
  return quota.state.kind === "ok" ? "full" : VERDICTS[config.action];
}
