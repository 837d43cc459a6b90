import { type HostChange, keyOf } from "../shared/runtime/system/host-change.ts";
import type { HostChanges } from "../shared/runtime/system/host-changes.ts";
import { systemErrorOf } from "../shared/runtime/system/host-file.ts";
import { leftoversIn } from "../shared/runtime/system/leftovers.ts";
import { NetworkMonitor } from "../shared/runtime/system/network-monitor.ts";
import { type NetworkSnapshot, readNetwork } from "../shared/runtime/system/network-snapshot.ts";
import { readSetting } from "../shared/runtime/system/settings.ts";
import {
  planUplink,
  reversePathSetting,
  type UplinkPlan,
  type UplinkProblem,
  type UplinkRequest,
  type UplinkSocket,
} from "../shared/runtime/system/uplink-plan.ts";
import type { SystemError } from "../shared/runtime/system-error.ts";

/** A link's uplink can be used from now on, in this way; or it cannot, and why. */
export type UplinkEvent =
  | { readonly kind: "available"; readonly link: string; readonly socket: UplinkSocket }
  | { readonly kind: "unavailable"; readonly link: string; readonly reason: UplinkProblem };

/** What the uplinks of a client are, and who is told about trouble with the host. */
export type UplinksOptions = {
  readonly links: readonly UplinkRequest[];
  readonly tunnelDevice: string;
  readonly changes: HostChanges;
  /** Called when a change failed; the link is tried again. */
  readonly onFailure: (error: SystemError, link: string | null) => void;
};

const RETRY_MS = 5_000;
const STRICT = 1;

/** Follows the uplinks of all links and keeps the host's tables and rules as each of them needs. */
export class Uplinks {
  readonly #options: UplinksOptions;
  readonly #monitor = new NetworkMonitor();
  readonly #made = new Map<string, HostChange>();
  readonly #told = new Map<string, string>();
  #links: readonly UplinkRequest[];
  #retry: NodeJS.Timeout | undefined;

  constructor(options: UplinksOptions) {
    this.#options = options;
    this.#links = options.links;
  }

  /**
   * Tells of each link once at the start and then of every change; when an event is out, the host is set up for it.
   * Ends when `signal` is aborted. What was set up stays until `HostChanges.close`.
   */
  async *events(signal: AbortSignal): AsyncGenerator<UplinkEvent, void, void> {
    try {
      for await (const _ of this.#monitor.changes(signal)) yield* this.#news(await this.#refresh(signal));
    } finally {
      clearTimeout(this.#retry);
    }
  }

  /** Says at which addresses a link's server is, when that was resolved or has changed. */
  setRemotes(link: string, remotes: readonly string[]): void {
    this.#links = this.#links.map((request) => (request.name === link ? { ...request, remotes } : request));
    this.#monitor.lookAgain();
  }

  async #refresh(signal: AbortSignal): Promise<UplinkEvent[]> {
    try {
      let before = "";
      for (;;) {
        const network = await readNetwork(signal);
        const plans = await this.#plan(network);
        const failures = new Map<string, unknown>();
        const events = await this.#follow(network, plans, failures);
        // A plan can be overtaken, as when an address goes while it is used; it failed only if it still stands.
        const now = JSON.stringify([...plans]);
        const hasFailed = failures.size > 0 && now === before;
        if (hasFailed) for (const [link, error] of failures) this.#fail(error, link);
        if (hasFailed || failures.size === 0) return events;
        before = now;
      }
    } catch (error) {
      if (!signal.aborted) this.#fail(error, null);
      return [];
    }
  }

  async #follow(
    network: NetworkSnapshot,
    plans: ReadonlyMap<string, UplinkPlan>,
    failures: Map<string, unknown>,
  ): Promise<UplinkEvent[]> {
    await this.#undoOthers([...plans.values()]);
    const present = new Set(leftoversIn(network, []).map(keyOf));
    const events: UplinkEvent[] = [];
    for (const [link, plan] of plans) {
      try {
        events.push(await this.#setUp(link, plan, present));
      } catch (error) {
        failures.set(link, error);
        events.push({ kind: "unavailable", link, reason: "setup failed" });
      }
    }
    return events;
  }

  async #plan(network: NetworkSnapshot): Promise<Map<string, UplinkPlan>> {
    const { changes, tunnelDevice } = this.#options;
    const strictDevices = await findStrictDevices(network, changes.made);
    const surroundings = { network, slot: changes.slot, tunnelDevice, strictDevices };
    return new Map(this.#links.map((request) => [request.name, planUplink(request, surroundings)]));
  }

  // Two links on one device share changes: one is only undone when no link needs it any more.
  async #undoOthers(plans: readonly UplinkPlan[]): Promise<void> {
    const needed = new Set(plans.flatMap((plan) => plan.changes.map(keyOf)));
    const unneeded = [...this.#made].filter(([key]) => !needed.has(key));
    if (unneeded.length === 0) return;
    await this.#options.changes.undo(unneeded.map(([, change]) => change));
    for (const [key] of unneeded) this.#made.delete(key);
  }

  async #setUp(link: string, plan: UplinkPlan, present: ReadonlySet<string>): Promise<UplinkEvent> {
    const missing = plan.changes.filter((change) => !this.#isMade(change, present));
    if (missing.length > 0) await this.#options.changes.apply(missing);
    for (const change of missing) this.#made.set(keyOf(change), change);
    if (plan.kind === "available") return { kind: "available", link, socket: plan.socket };
    return { kind: "unavailable", link, reason: plan.reason };
  }

  // The kernel drops a device's routes when the device goes down, so those that we made may be gone.
  #isMade(change: HostChange, present: ReadonlySet<string>): boolean {
    const key = keyOf(change);
    const made = this.#made.get(key);
    if (made === undefined || JSON.stringify(made) !== JSON.stringify(change)) return false;
    return (change.kind !== "route" && change.kind !== "rule") || present.has(key);
  }

  *#news(events: readonly UplinkEvent[]): Generator<UplinkEvent, void, void> {
    for (const event of events) {
      const text = JSON.stringify(event);
      if (this.#told.get(event.link) === text) continue;
      this.#told.set(event.link, text);
      yield event;
    }
  }

  #fail(error: unknown, link: string | null): void {
    this.#options.onFailure(systemErrorOf(error, "set up the uplinks"), link);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#monitor.lookAgain(), RETRY_MS);
  }
}

/** What each link would need now, for `--dry-run` and `check`: nothing is changed. */
export async function planUplinks(
  links: readonly UplinkRequest[],
  tunnelDevice: string,
): Promise<ReadonlyMap<string, UplinkPlan>> {
  const network = await readNetwork();
  const strictDevices = await findStrictDevices(network, []);
  const surroundings = { network, slot: 0, tunnelDevice, strictDevices };
  return new Map(links.map((request) => [request.name, planUplink(request, surroundings)]));
}

// A device that we loosened ourselves counts as strict, or the next look would undo it.
async function findStrictDevices(network: NetworkSnapshot, made: readonly HostChange[]): Promise<Set<string>> {
  const ours = new Set(made.map(keyOf));
  const forAll = Number((await readSetting(reversePathSetting("all"))) ?? 0);
  const strict = new Set<string>();
  for (const { name } of network.devices) {
    const value = Math.max(forAll, Number((await readSetting(reversePathSetting(name))) ?? 0));
    if (value === STRICT || ours.has(`setting ${reversePathSetting(name)}`)) strict.add(name);
  }
  return strict;
}
